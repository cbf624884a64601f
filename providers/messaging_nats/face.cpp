#include "providers/messaging_nats/face.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/bytes.h"
#include "base/trace_context.h"
#include "contracts/messaging/capabilities.h"
#include "net/nats/jetstream.h"

namespace weft::providers::messaging_nats {

namespace ms = contracts::messaging;
using net::nats::More;

namespace {

// What is too large for the server is not too much: it will not fit later.
Error contract_error(Error error) {
  if (error.code == Errc::exhausted) error.code = Errc::invalid;
  return error;
}

class Published final : public net::nats::Outcome {
 public:
  Published(ms::Answer<void> answer, contracts::Calls::Token token)
      : token_(std::move(token)), answer_(std::move(answer)) {}
  More on_reply(const net::nats::Message&) noexcept override {
    std::move(answer_)({});
    return More::no;
  }
  void on_failure(Error error) noexcept override {
    std::move(answer_)(std::unexpected(contract_error(std::move(error))));
  }
  bool wanted() const noexcept override { return answer_.wanted(); }

 private:
  const contracts::Calls::Token token_;  // ends last
  ms::Answer<void> answer_;
};

// A publish that a stream must take.
class Stored final : public net::nats::Outcome {
 public:
  // `where` outlives this; `subject` lives as long as the answer.
  Stored(ms::Answer<void> answer, contracts::Calls::Token token, std::string_view where,
         std::string_view subject)
      : token_(std::move(token)), answer_(std::move(answer)), where_(where), subject_(subject) {}
  More on_reply(const net::nats::Message& message) noexcept override {
    std::move(answer_)(result(message));
    return More::no;
  }
  void on_failure(Error error) noexcept override {
    std::move(answer_)(std::unexpected(contract_error(std::move(error))));
  }
  bool wanted() const noexcept override { return answer_.wanted(); }

 private:
  Result<> result(const net::nats::Message& message) const {
    const auto published = net::nats::read_published(message);
    if (published) return {};
    const auto& error = published.error();
    if (error.code == 503 && error.error == 0) {
      return fail(Errc::not_found,
                  fmt::format("no stream takes '{0}': nats stream add --subjects '{0}', or remove "
                              "`acknowledged`",
                              subject_));
    }
    return fail(error.code >= 500 || error.code == 0 ? Errc::unavailable : Errc::invalid,
                fmt::format("{}: {}", where_, error.text));
  }

  const contracts::Calls::Token token_;  // ends last
  ms::Answer<void> answer_;
  const std::string_view where_, subject_;
};

class Requested final : public net::nats::Outcome {
 public:
  // `subject` lives as long as the answer.
  Requested(ms::Answer<ms::Message> answer, contracts::Calls::Token token, std::string_view subject,
            std::chrono::milliseconds patience)
      : token_(std::move(token)),
        answer_(std::move(answer)),
        subject_(subject),
        patience_(patience) {}
  More on_reply(const net::nats::Message& message) noexcept override {
    if (message.no_responders()) {
      std::move(answer_)(std::unexpected(ms::nobody_there(subject_)));
      return More::no;
    }
    ms::Message made{message.subject, std::as_bytes(std::span(message.payload)), std::nullopt};
    if (!message.reply.empty()) made.reply_to = message.reply;
    std::move(answer_)(made);
    return More::no;
  }
  void on_failure(Error error) noexcept override {
    if (error.code == Errc::timed_out) error = ms::no_answer(subject_, patience_);
    std::move(answer_)(std::unexpected(contract_error(std::move(error))));
  }
  bool wanted() const noexcept override { return answer_.wanted(); }

 private:
  const contracts::Calls::Token token_;  // ends last
  ms::Answer<ms::Message> answer_;
  const std::string_view subject_;
  const std::chrono::milliseconds patience_;
};

// Whose call this is. Left out where the server takes no headers, and where they would make too
// large what fits without.
net::nats::HeaderBlock headers_of(const net::nats::Client& client,
                                  const contracts::Context& context, std::string_view subject,
                                  std::size_t bytes) {
  net::nats::HeaderBlock made;
  if (subject.starts_with("$SYS")) return made;
  (void)made.add("traceparent", context.trace.header());  // hexadecimal digits
  if (client.connected() && bytes + made.text().size() > client.server().max_payload) return {};
  return made;
}

}  // namespace

Face::Face(const boost::asio::io_context::executor_type& executor, ClientPtr client,
           contracts::Calls& calls, const Clock& clock, Acknowledged acknowledged)
    : acknowledged_(acknowledged),
      client_(std::move(client)),
      calls_(calls),
      clock_(clock),
      holder_(
          calls, executor, [this] { client_->forget_unwanted(); },
          client_->settings().answer_limit) {}

template <class T>
Result<> Face::check(const Answer<T>& answer, Result<> allowed) const {
  if (calls_.closed()) {
    return fail(Errc::unavailable,
                fmt::format("{}: the provider is being closed", client_->where()));
  }
  if (answer.context().deadline <= clock_.now())
    return fail(Errc::timed_out, "the deadline had passed already");
  return allowed;
}

void Face::publish(ms::Message message, Answer<void> answer) {
  contracts::Calls::Token token(calls_);
  if (auto ready = check(answer, ms::check(message)); !ready)
    return std::move(answer)(std::unexpected(std::move(ready).error()));
  const bool stored = acknowledged_ == Acknowledged::by_stream;
  if (stored && message.reply_to) {
    return std::move(answer)(fail(Errc::invalid,
                                  "a message that a stream acknowledges can have no reply-to: the "
                                  "stream answers there"));
  }
  const auto& context = answer.context();
  const auto headers = headers_of(*client_, context, message.subject, message.body.size());
  const net::nats::Outgoing what{.subject = message.subject,
                                 .headers = headers.text(),
                                 .payload = text_of(message.body),
                                 .reply = message.reply_to.value_or("")};
  const auto deadline = context.deadline;
  if (stored) {
    return client_->request(what, deadline,
                            std::make_unique<Stored>(std::move(answer), std::move(token),
                                                     client_->where(), message.subject));
  }
  client_->publish(what, deadline,
                   std::make_unique<Published>(std::move(answer), std::move(token)));
}

void Face::request(std::string_view subject, ms::Bytes body, std::uint32_t timeout,
                   Answer<ms::Message> answer) {
  contracts::Calls::Token token(calls_);
  if (auto ready = check(answer, ms::check(subject, body)); !ready)
    return std::move(answer)(std::unexpected(std::move(ready).error()));
  const auto& context = answer.context();
  const auto now = clock_.now();
  const std::chrono::milliseconds patience(timeout);
  const auto until = std::min(now + patience, context.deadline);
  const auto waits = std::min(patience, std::chrono::ceil<std::chrono::milliseconds>(until - now));
  if (until <= now) return std::move(answer)(std::unexpected(ms::no_answer(subject, waits)));
  const auto headers = headers_of(*client_, context, subject, body.size());
  const net::nats::Outgoing what{
      .subject = subject, .headers = headers.text(), .payload = text_of(body)};
  client_->request(
      what, until,
      std::make_unique<Requested>(std::move(answer), std::move(token), subject, waits));
}

}  // namespace weft::providers::messaging_nats
