#include "net/vault/transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>

#include "net/client_stream.h"
#include "net/http_syntax.h"

namespace weft::net::vault {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds k_redial_first = 10ms;
constexpr std::chrono::seconds k_kept = 60s;  // Vault itself keeps them for five minutes

// Whether trying again could help before somebody has changed something.
bool is_lasting(DialFault::Kind kind) {
  return kind == DialFault::Kind::certificate || kind == DialFault::Kind::tls_protocol;
}

}  // namespace

// One request, from send() to its outcome.
class Transport::Call final : public HttpClientHandler {
 public:
  Call(Transport& transport, HttpAsk ask, Done done)
      : transport_(transport),
        ask_(std::move(ask)),
        done_(std::move(done)),
        alarm_(transport.executor_, transport.clock_, [this] { on_alarm(); }) {
    alarm_.set(ask_.deadline);
  }

  void start(std::unique_ptr<HttpClientConnection> connection) {
    connection_ = std::move(connection);
    std::vector<HttpField> fields;
    fields.reserve(ask_.fields.size() + 1);
    for (const auto& [name, value] : ask_.fields) fields.push_back({name, value});
    const auto length = std::to_string(ask_.body.size());
    if (!ask_.body.empty()) fields.push_back({"content-length", length});
    connection_->send({.method = ask_.method,
                       .target = ask_.target,
                       .authority = transport_.settings_.address.authority(),
                       .fields = fields,
                       .body = ask_.body.empty() ? HttpMore::no : HttpMore::yes,
                       .credit = transport_.settings_.reply_bytes + 1},
                      *this);
  }
  bool is_under_way() const { return connection_ != nullptr; }
  bool wanted() const { return !ask_.wanted || ask_.wanted(); }
  std::size_t bytes() const { return ask_.body.size(); }
  Done take_done() { return std::move(done_); }

  void on_head(std::uint16_t status, std::span<const HttpField> fields) override {
    answer_.status = status;
    for (const auto& [name, value] : fields) {
      std::uint32_t seconds = 0;
      if (!same_word(name, "retry-after")) continue;
      std::from_chars(value.data(), value.data() + value.size(), seconds);
      answer_.retry_after = std::chrono::seconds(seconds);
    }
  }
  void on_body(std::string_view chunk) override {
    if (answer_.body.size() + chunk.size() <= transport_.settings_.reply_bytes) {
      answer_.body.append(chunk);
    } else if (!std::exchange(too_large_, true)) {
      alarm_.set(transport_.clock_.now());  // the connection cannot be dropped from here
    }
  }
  void on_end(std::span<const HttpField>) override {
    if (too_large_) return;  // the alarm is set
    transport_.keep(std::move(connection_));
    transport_.end(*this, std::move(answer_));
  }
  void on_want(std::size_t limit) override {
    const auto piece = std::string_view(ask_.body).substr(pushed_, limit);
    pushed_ += piece.size();
    connection_->push(piece, pushed_ == ask_.body.size() ? HttpMore::no : HttpMore::yes, {});
  }
  void on_failed(const HttpClientFault& fault) override {
    connection_.reset();
    --transport_.busy_;
    transport_.end(*this, std::unexpected(Broken{Broken::Kind::lost, fault.why}));
  }

 private:
  void on_alarm() {
    auto kind = Broken::Kind::not_sent;
    std::string why =
        transport_.trouble_.empty() ? "it was not ready in time" : transport_.trouble_;
    if (too_large_) {
      kind = Broken::Kind::too_large;
      why = fmt::format("the reply has more than {} bytes", transport_.settings_.reply_bytes);
    } else if (is_under_way()) {
      kind = Broken::Kind::late;
      why = "no reply in time";
    }
    if (std::exchange(connection_, nullptr)) --transport_.busy_;
    transport_.end(*this, std::unexpected(Broken{kind, std::move(why)}));
  }

  Transport& transport_;
  HttpAsk ask_;
  Done done_;
  Alarm alarm_;
  std::unique_ptr<HttpClientConnection> connection_;  // null: it waits for one
  std::size_t pushed_ = 0;                            // of the body
  HttpAnswer answer_;
  bool too_large_ = false;
};

Transport::Transport(TransportSettings settings, std::shared_ptr<const TlsClient> tls,
                     const Surroundings& around)
    : settings_(std::move(settings)),
      tls_(std::move(tls)),
      executor_(around.executor),
      resolver_(around.resolver),
      clock_(around.clock),
      random_(around.random),
      retry_(around.executor, around.clock, [this] { dial_more(); }) {}

Transport::~Transport() {
  closed_ = true;
  dials_.clear();
  idle_.clear();
  fail_all(Broken::Kind::closed, "the client is being closed");
}

void Transport::send(HttpAsk ask, Done done) {
  const auto refuse = [&](Broken::Kind kind, std::string why) {
    done(std::unexpected(Broken{kind, std::move(why)}));
  };
  if (closed_) return refuse(Broken::Kind::closed, "the client is being closed");
  if (calls_.size() >= settings_.queue_calls)
    return refuse(Broken::Kind::full, fmt::format("{} calls wait already", calls_.size()));
  if (bytes_ >= settings_.queue_bytes)
    return refuse(Broken::Kind::full, fmt::format("{} bytes wait to be sent already", bytes_));
  bytes_ += ask.body.size();
  calls_.push_back(std::make_unique<Call>(*this, std::move(ask), std::move(done)));
  waiting_.push_back(calls_.back().get());
  serve();
}

// Connections that are there go to those who wait, in their order.
void Transport::serve() {
  const auto old = clock_.now() - k_kept;
  std::vector<Call*> unwanted;
  while (!waiting_.empty() && !idle_.empty()) {
    auto line = std::move(idle_.back());
    idle_.pop_back();
    if (line.since < old || !line.connection->usable()) continue;
    auto& call = *waiting_.front();
    waiting_.pop_front();
    if (!call.wanted()) {
      idle_.push_back(std::move(line));
      unwanted.push_back(&call);
      continue;
    }
    ++busy_;
    call.start(std::move(line.connection));
  }
  dial_more();
  for (auto* call : unwanted)
    end(*call, std::unexpected(Broken{Broken::Kind::not_sent, "nobody waits for it"}));
}

void Transport::dial_more() {
  if (closed_ || retry_.at() != MonotonicTime::max()) return;
  // While nobody answers one attempt is enough.
  const auto most = trouble_.empty() ? settings_.connections : std::size_t{1};
  while (dials_.size() < waiting_.size() && dials_.size() + busy_ + idle_.size() < most) {
    DialRequest request{.host = settings_.address.host,
                        .port = settings_.address.port,
                        .asker = settings_.address.host,
                        .deadline = clock_.now() + settings_.connect_limit,
                        .tls = tls_,
                        // Where it is, the operator said.
                        .admits = [](const boost::asio::ip::address&) { return true; }};
    auto self = std::make_shared<Dial*>(nullptr);
    dials_.push_back(
        std::make_unique<Dial>(executor_, resolver_, clock_, std::move(request),
                               [this, self](auto result) { dialled(*self, std::move(result)); }));
    *self = dials_.back().get();
  }
}

void Transport::dialled(Dial* dial,
                        std::expected<std::unique_ptr<ClientStream>, DialFault> result) {
  const auto at = std::ranges::find(dials_, dial, &std::unique_ptr<Dial>::get);
  // It calls this, so it ends after it.
  boost::asio::post(executor_, [ended = std::shared_ptr<Dial>(std::move(*at))] {});
  dials_.erase(at);
  if (result) {
    failures_ = 0;
    trouble_.clear();
    auto slot = std::make_shared<const HttpClientConnection*>(nullptr);
    auto made = std::make_unique<HttpClientConnection>(*std::move(result), http_,
                                                       [this, slot] { lost(*slot); });
    *slot = made.get();
    idle_.push_back({std::move(made), clock_.now()});
    return serve();
  }
  trouble_ = result.error().why;
  if (is_lasting(result.error().kind)) fail_all(Broken::Kind::not_sent, trouble_);
  const auto most =
      std::min(settings_.retry_most, k_redial_first * (1 << std::min(failures_++, 16u)));
  // Between half of it and all, so that threads and hosts do not come all at once.
  const auto half = std::chrono::nanoseconds(most) / 2;
  const auto chance = random_.next() % static_cast<std::uint64_t>(half.count() + 1);
  retry_.set(clock_.now() + half + std::chrono::nanoseconds(chance));
}

void Transport::lost(const HttpClientConnection* connection) {
  const auto at = std::ranges::find_if(
      idle_, [&](const Line& line) { return line.connection.get() == connection; });
  if (at == idle_.end()) return;
  const auto gone = std::move(*at);  // which this is called by
  idle_.erase(at);
}

void Transport::keep(std::unique_ptr<HttpClientConnection> connection) {
  --busy_;
  if (connection->usable()) idle_.push_back({std::move(connection), clock_.now()});
}

void Transport::end(Call& call, std::expected<HttpAnswer, Broken> outcome) {
  std::erase(waiting_, &call);
  bytes_ -= call.bytes();
  const auto done = call.take_done();
  const auto at = std::ranges::find(calls_, &call, &std::unique_ptr<Call>::get);
  const auto gone = std::move(*at);  // which this is called by
  calls_.erase(at);
  if (!closed_) serve();
  done(std::move(outcome));
}

void Transport::fail_all(Broken::Kind kind, std::string_view why) {
  waiting_.clear();
  std::vector<Done> failed;
  auto calls = std::exchange(calls_, {});
  for (auto& call : calls) {
    if (kind == Broken::Kind::not_sent && call->is_under_way()) {
      calls_.push_back(std::move(call));
      continue;
    }
    bytes_ -= call->bytes();
    failed.push_back(call->take_done());
  }
  calls.clear();
  for (auto& done : failed) done(std::unexpected(Broken{kind, std::string(why)}));
}

}  // namespace weft::net::vault
