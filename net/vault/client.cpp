#include "net/vault/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace weft::net::vault {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds k_pause_first = 10ms, k_pause_most = 500ms;
constexpr std::size_t k_most_told = 256;  // refusals that get a line of their own
constexpr std::string_view k_unknown = "whether it was done is not known";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What the limits of Vault look like from outside.
std::string_view limit_of(std::uint16_t status, std::string_view said) {
  if (has(said, "high complexity"))
    return "the listener's `max_request_json_memory` and `max_request_json_strings` bound one "
           "secret";
  if (status == 413 || has(said, "request body too large"))
    return "the listener's `max_request_size` bounds one secret, 32 MiB unless set";
  if (has(said, "too large"))
    return "the storage's `max_entry_size` bounds one secret, 1 MiB with raft unless set";
  return {};
}

// Answers that say that nothing was done, and that it may be otherwise in a moment.
bool was_not_done(std::uint16_t status) {
  return status == 429 || status == 503 || status == 412 || status == 472 || status == 473;
}

std::string passing_trouble(std::uint16_t status, const std::string& said) {
  if (status == 429)
    return fmt::format(
        "the server's rate limit is used up ({}): raise the quota, see "
        "`bao list sys/quotas/rate-limit`",
        said.empty() ? "429" : said);
  if (has(said, "sealed")) return "it is sealed: unseal it with `bao operator unseal`";
  return fmt::format("the server answered {} {}", status, said);
}

}  // namespace

class Client::Call final {
 public:
  Call(Request made, Done then, const Surroundings& around, std::function<void()> ring)
      : request(std::move(made)),
        done(std::move(then)),
        alarm(around.executor, around.clock, std::move(ring)) {}

  Request request;
  Done done;  // null: it has had its outcome
  Alarm alarm;
  std::string token;    // that it was sent with last
  std::string trouble;  // of the last attempt
  unsigned attempts = 0;
  bool doubted = false;  // it was refused once, with a token that was bad
  bool parked = false;   // it waits for a token
};

Client::Client(ClientSettings settings, std::shared_ptr<const TlsClient> tls,
               const Surroundings& around, Log& log)
    : settings_(std::move(settings)),
      where_(fmt::format("{} ({})", settings_.label, settings_.transport.address.text())),
      around_(around),
      log_(log),
      random_(around.random),
      transport_(std::make_unique<Transport>(settings_.transport, std::move(tls), around)),
      session_(settings_.login, {.where = where_, .label = settings_.label}, *transport_, around,
               log, [this] { on_session(); }) {
  session_.begin();
}

Client::~Client() {
  closed_ = true;
  const auto calls = calls_;
  for (const auto& call : calls)
    finish(call, std::unexpected(unavailable("the client is being closed")));
  transport_.reset();
}

Error Client::unavailable(std::string_view why) const {
  return {Errc::unavailable, fmt::format("{}: {}", where_, why)};
}

MonotonicTime Client::latest(MonotonicTime deadline) const {
  return deadline == MonotonicTime::max() ? around_.clock.now() + settings_.answer_limit : deadline;
}

std::string_view Client::trouble() const {
  if (!session_.trouble().empty()) return session_.trouble();
  return transport_->trouble().empty() ? trouble_ : transport_->trouble();
}

void Client::send(Request request, Done done) {
  if (closed_) return done(std::unexpected(unavailable("the client is being closed")));
  request.deadline = latest(request.deadline);
  if (request.deadline <= around_.clock.now()) {
    return done(fail(Errc::timed_out, fmt::format("{}: the deadline had passed already", where_)));
  }
  if (calls_.size() >= settings_.transport.queue_calls)
    return done(std::unexpected(unavailable(fmt::format("{} calls wait already", calls_.size()))));
  auto slot = std::make_shared<std::weak_ptr<Call>>();
  auto call = std::make_shared<Call>(std::move(request), std::move(done), around_, [this, slot] {
    const auto due = slot->lock();
    if (!due || !due->done) return;
    if (around_.clock.now() < due->request.deadline) return attempt(due);
    const std::string why = due->trouble.empty() ? std::string(trouble()) : due->trouble;
    finish(due, std::unexpected(unavailable(why.empty() ? "it was not ready in time" : why)));
  });
  *slot = call;
  calls_.insert(call);
  attempt(call);
}

void Client::attempt(const CallPtr& call) {
  call->parked = false;
  if (session_.token().empty()) {
    if (const auto& refusal = session_.refusal()) return finish(call, std::unexpected(*refusal));
    call->parked = true;
    return call->alarm.set(call->request.deadline);
  }
  call->alarm.cancel();
  call->token = session_.token();
  HttpAsk ask{.method = call->request.method,
              .target = "/v1/" + call->request.path,
              .fields = {{"x-vault-token", call->token}, {"x-vault-request", "true"}},
              .body = call->request.body,
              .deadline = call->request.deadline,
              .wanted = call->request.wanted};
  if (!session_.name_space().empty())
    ask.fields.emplace_back("x-vault-namespace", session_.name_space());
  if (!ask.body.empty()) ask.fields.emplace_back("content-type", "application/json");
  transport_->send(std::move(ask), [this, call](auto outcome) {
    if (!call->done) return;
    outcome ? on_answer(call, *std::move(outcome)) : on_broken(call, outcome.error());
  });
}

void Client::on_session() {
  // Those that wait for a token; what they do may add others.
  std::vector<CallPtr> parked;
  for (const auto& call : calls_) {
    if (call->parked) parked.push_back(call);
  }
  for (const auto& call : parked) {
    if (call->done) attempt(call);
  }
}

void Client::finish(const CallPtr& call, Result<Reply> result) {
  const auto done = std::exchange(call->done, nullptr);
  call->alarm.cancel();
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): it may be into what goes
  const auto kept = call;
  calls_.erase(kept);
  if (done) done(std::move(result));
}

// After a pause, if there is time for it.
void Client::again(const CallPtr& call, std::string why, std::chrono::seconds pause) {
  call->trouble = trouble_ = std::move(why);
  const auto most = std::min<std::chrono::nanoseconds>(
      k_pause_most, k_pause_first * (1 << std::min(call->attempts++, 8u)));
  const auto chance = random_.next() % static_cast<std::uint64_t>(most.count() / 2 + 1);
  const auto wait = std::max<std::chrono::nanoseconds>(
      most / 2 + std::chrono::nanoseconds(chance), std::min<std::chrono::nanoseconds>(pause, 1s));
  call->alarm.set(std::min(around_.clock.now() + wait, call->request.deadline));
}

void Client::on_broken(const CallPtr& call, const Broken& broken) {
  switch (broken.kind) {
    case Broken::Kind::not_sent:
    case Broken::Kind::full:
    case Broken::Kind::closed:
      return finish(call, std::unexpected(unavailable(broken.why)));
    case Broken::Kind::late:
      return finish(call, fail(Errc::timed_out, fmt::format("{}: {}", where_, broken.why)));
    case Broken::Kind::too_large:
      return finish(call, fail(Errc::exhausted, fmt::format("{}: {}", where_, broken.why)));
    case Broken::Kind::lost:
      if (call->request.repeat == Repeat::yes) return again(call, broken.why, 0s);
      return finish(call, std::unexpected(unavailable(fmt::format(
                              "{} while the call was under way; {}", broken.why, k_unknown))));
  }
}

void Client::on_answer(const CallPtr& call, HttpAnswer answer) {
  const auto status = answer.status;
  const auto said = status >= 400 ? errors_of(answer.body) : std::string();
  if ((status >= 200 && status < 300) || (status == 404 && said.empty())) {
    trouble_.clear();
    return finish(call, Reply{status, std::move(answer.body)});
  }
  if (status == 403) return on_refusal(call);
  if (was_not_done(status) || has(said, "Upgrading from non-versioned"))
    return again(call, passing_trouble(status, said), answer.retry_after);
  if (const auto limit = limit_of(status, said); !limit.empty()) {
    return finish(call, fail(Errc::exhausted, fmt::format("{}: this is too much for the server, "
                                                          "which said: {} ({})",
                                                          where_, said, limit)));
  }
  if (status >= 500) {
    if (call->request.repeat == Repeat::yes) return again(call, passing_trouble(status, said), 0s);
    return finish(call, std::unexpected(unavailable(
                            fmt::format("{}; {}", passing_trouble(status, said), k_unknown))));
  }
  if (status >= 300 && status < 400) {
    return finish(call, std::unexpected(unavailable(
                            "the server sends us to another one: let `addr` name the active one")));
  }
  if (status == 404) {
    Error error{Errc::not_found,
                fmt::format("{}: {}: nothing is mounted there; make an engine with `bao secrets "
                            "enable -version=2 -path=MOUNT kv`, or name another in `mount`",
                            where_, said)};
    tell("mount", "Vault has no such engine", error);
    return finish(call, std::unexpected(std::move(error)));
  }
  const auto code = has(said, "check-and-set") ? Errc::conflict : Errc::invalid;
  finish(call, fail(code, fmt::format("{}: the server answered {} {}", where_, status, said)));
}

Error Client::denied(const Request& request) {
  Error error{Errc::denied,
              fmt::format("{}: Vault refuses it; the token needs a policy with: path \"{}\" {{ "
                          "capabilities = [{}] }}",
                          where_, request.policy_path, request.capability)};
  tell(request.policy_path + request.capability, "Vault refuses a call", error);
  return error;
}

void Client::tell(const std::string& what, std::string_view message, const Error& error) {
  if (told_.size() >= k_most_told || !told_.insert(what).second) return;
  log_.warn(message, {{"provider", settings_.label}, {"error", error.message}});
}

void Client::on_refusal(const CallPtr& call) {
  // With a token that was good a moment ago, it was meant.
  if (std::exchange(call->doubted, true))
    return finish(call, std::unexpected(denied(call->request)));
  call->alarm.set(call->request.deadline);
  session_.doubt(call->token, [this, call](Session::Verdict verdict) {
    if (!call->done) return;
    if (verdict == Session::Verdict::bad) return attempt(call);
    finish(call, std::unexpected(denied(call->request)));
  });
}

}  // namespace weft::net::vault
