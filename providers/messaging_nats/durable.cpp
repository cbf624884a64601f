#include "providers/messaging_nats/durable.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace weft::providers::messaging_nats {
namespace {

using contracts::messaging::Ending;
using net::nats::Message;
using net::nats::More;

// How long a request for messages waits for some.
constexpr std::chrono::milliseconds k_fetch_time{5'000};
// Where there are more subjects than places they take turns.
constexpr std::chrono::milliseconds k_turn_time{200};
constexpr std::chrono::milliseconds k_fetch_grace{2'000};
constexpr std::chrono::milliseconds k_retry_pause{500};
constexpr std::size_t k_name_bytes = 128;

bool is_name(std::string_view text) {
  return text.size() <= k_name_bytes && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

// The same for the same words in every process.
std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t made = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : text) made = (made ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return made;
}

// Who names a queue shares it with all who do; otherwise it is the link's own, in every host.
std::string consumer_name(const contracts::SourceLink& link,
                          const contracts::messaging::Pattern& pattern) {
  if (!pattern.queue.empty() && is_name(pattern.queue))
    return fmt::format("{}-{:016x}", pattern.queue, stable_hash(pattern.subject));
  const auto words = fmt::format("{}\n{}\n{}\n{}", link.source.text(), link.link.text(),
                                 pattern.subject, pattern.queue);
  return fmt::format("weft-{:016x}", stable_hash(words));
}

using Held = std::weak_ptr<DurableSubscription*>;

// Wanted as long as the subscription is there.
template <class Do, class Fail>
class StreamOutcome final : public net::nats::Outcome {
 public:
  StreamOutcome(Held whose, Do on_answer, Fail on_error)
      : whose_(std::move(whose)), do_(std::move(on_answer)), fail_(std::move(on_error)) {}
  More on_reply(const Message& message) noexcept override {
    const auto self = whose_.lock();
    return self ? do_(**self, message) : More::no;
  }
  void on_failure(Error error) noexcept override {
    if (const auto self = whose_.lock()) fail_(**self, std::move(error));
  }
  bool wanted() const noexcept override { return !whose_.expired(); }

 private:
  const Held whose_;
  Do do_;
  Fail fail_;
};

// Do: (DurableSubscription&, const Message&) -> More; Fail: (DurableSubscription&, Error).
template <class Do, class Fail>
std::unique_ptr<net::nats::Outcome> stream_outcome(Held whose, Do on_answer, Fail on_error) {
  return std::make_unique<StreamOutcome<Do, Fail>>(std::move(whose), std::move(on_answer),
                                                   std::move(on_error));
}

}  // namespace

Result<StreamSettings> StreamSettings::read(const contracts::Settings& settings) {
  const auto value = [&](const char* key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string() : found->second;
  };
  StreamSettings made{.stream = value("stream"), .domain = value("js_domain")};
  if (!is_name(made.stream))
    return fail(Errc::invalid, fmt::format("`stream: {}` is no name of a stream", made.stream));
  if (!is_name(made.domain))
    return fail(Errc::invalid, fmt::format("`js_domain: {}` is no domain", made.domain));
  const auto deliver = value("deliver");
  if (deliver == "all") {
    made.deliver = net::nats::Deliver::all;
  } else if (!deliver.empty() && deliver != "new") {
    return fail(Errc::invalid, fmt::format("`deliver: {}` is neither all nor new", deliver));
  }
  const auto wait = value("ack_wait_ms");
  std::uint32_t milliseconds = 0;
  const auto [end, error] = std::from_chars(wait.data(), wait.data() + wait.size(), milliseconds);
  const bool number = error == std::errc() && end == wait.data() + wait.size();
  if (!wait.empty() && (!number || milliseconds < 100)) {
    return fail(Errc::invalid,
                fmt::format("`ack_wait_ms: {}` is no number of milliseconds from 100 on", wait));
  }
  if (!wait.empty()) made.ack_wait = std::chrono::milliseconds(milliseconds);
  return made;
}

DurableSubscription::DurableSubscription(SubscriptionParts parts, StreamSettings stream)
    : source_(parts.link.source.str()),
      target_(parts.link.target.str()),
      link_(parts.link.link.str()),
      settings_(std::move(parts.settings)),
      stream_(std::move(stream)),
      api_(net::nats::api_prefix(stream_.domain)),
      client_(std::move(parts.client)),
      clock_(parts.clock),
      log_(parts.log),
      again_(parts.executor, parts.clock, [this] { go_on(); }),
      goes_on_(parts.executor, parts.clock, [this] { say_that_it_goes_on(); }),
      dispatcher_({.executor = parts.executor,
                   .link = parts.link,
                   .settings = settings_,
                   .calls = parts.calls,
                   .receiver = *this,
                   .clock = parts.clock,
                   .random = parts.random,
                   .log = parts.log}) {
  for (const auto& pattern : settings_.patterns) {
    consumers_.push_back({.name = consumer_name(parts.link, pattern), .subject = pattern.subject});
  }
}

DurableSubscription::~DurableSubscription() {
  self_.reset();
  // What was asked for is for nobody.
  client_->forget_unwanted();
  // So that they come to others at once.
  for (const auto& item : waiting_) answer(item.ack, "-NAK");
  for (const auto& [ticket, item] : handled_) answer(item.ack, "-NAK");
}

void DurableSubscription::start() {
  started_ = true;
  // So few are handled at once that other threads do it.
  taking_ = settings_.at_once == 0;
  go_on();
}

void DurableSubscription::stop() {
  stopped_ = true;
  taking_ = false;
}

std::size_t DurableSubscription::in_flight() const {
  const auto asking = std::ranges::count_if(
      consumers_, [](const Consumer& one) { return one.there && one.asking; });
  return dispatcher_.in_flight() + waiting_.size() + burials_ + static_cast<std::size_t>(asking);
}

// ---- what comes ----

// Asks for as many messages as there is room for, and for the consumers themselves before that.
void DurableSubscription::go_on() {
  hand_over();
  if (!started_ || stopped_ || settings_.at_once == 0) return;
  std::size_t taken = handled_.size() + waiting_.size();
  for (const auto& one : consumers_) taken += one.promised;
  const auto first = next_;
  for (std::size_t k = 0; k < consumers_.size(); ++k) {
    const auto i = (first + k) % consumers_.size();
    auto& consumer = consumers_[i];
    if (consumer.asking) continue;
    if (!consumer.there) {
      open(i);
      continue;
    }
    // Each subject gets its share, so that a busy one does not starve another.
    const auto share = std::max<std::size_t>(settings_.at_once / consumers_.size(), 1);
    if (taken >= settings_.at_once) return;
    const auto messages = std::min(share, settings_.at_once - taken);
    taken += messages;
    next_ = i + 1;
    fetch(i, messages);
  }
}

void DurableSubscription::open(std::size_t index) {
  auto& consumer = consumers_[index];
  consumer.asking = true;
  const auto payload = net::nats::write_consumer({.stream = stream_.stream,
                                                  .durable = consumer.name,
                                                  .filter = consumer.subject,
                                                  .deliver = stream_.deliver,
                                                  .acknowledged = true,
                                                  .ack_wait = stream_.ack_wait});
  const auto subject =
      fmt::format("{}CONSUMER.DURABLE.CREATE.{}.{}", api_, stream_.stream, consumer.name);
  client_->request({.subject = subject, .payload = payload}, MonotonicTime::max(),
                   stream_outcome(
                       self_,
                       [index](DurableSubscription& self, const Message& message) {
                         const auto made = net::nats::read_consumer(message);
                         self.consumers_[index].there = made.has_value();
                         self.ended(index, made ? std::nullopt : std::optional(made.error().text));
                         return More::no;
                       },
                       [index](DurableSubscription& self, Error error) {
                         self.ended(index, std::move(error).message);
                       }));
}

void DurableSubscription::fetch(std::size_t index, std::size_t messages) {
  auto& consumer = consumers_[index];
  consumer.asking = true;
  consumer.promised = messages;
  const auto time = settings_.at_once < consumers_.size() ? k_turn_time : k_fetch_time;
  const auto payload = net::nats::write_next(static_cast<int>(messages), time);
  const auto subject =
      fmt::format("{}CONSUMER.MSG.NEXT.{}.{}", api_, stream_.stream, consumer.name);
  client_->fetch({.subject = subject, .payload = payload}, clock_.now() + time + k_fetch_grace,
                 stream_outcome(
                     self_,
                     [index](DurableSubscription& self, const Message& message) {
                       return self.on_fetched(index, message);
                     },
                     [index](DurableSubscription& self, Error error) {
                       self.ended(index, std::move(error).message);
                     }));
}

More DurableSubscription::on_fetched(std::size_t index, const Message& message) {
  const int status = message.headers.status();
  if (status == 100) return More::yes;
  const auto delivery = net::nats::read_delivery(message.reply);
  if (!delivery) {
    // 404 and 408: nothing more came in time. Anything else: the consumer may be gone.
    auto& consumer = consumers_[index];
    const bool quiet = status == 404 || status == 408;
    consumer.there = quiet;
    ended(index, quiet
                     ? std::nullopt
                     : std::optional(fmt::format("{} {}", status, message.headers.description())));
    return More::no;
  }
  auto& consumer = consumers_[index];
  --consumer.promised;
  if (stopped_) {
    answer(std::string(message.reply), "-NAK");
  } else {
    Item item{.message = Kept(message),
              .ack = std::string(message.reply),
              .times = static_cast<std::uint32_t>(delivery->times)};
    item.message.reply.clear();
    waiting_.push_back(std::move(item));
    if (goes_on_.at() == MonotonicTime::max()) goes_on_.set(clock_.now() + stream_.ack_wait / 3);
  }
  if (consumer.promised > 0) {
    hand_over();
    return More::yes;
  }
  ended(index, std::nullopt);
  return More::no;
}

void DurableSubscription::ended(std::size_t index, std::optional<std::string> trouble) {
  auto& consumer = consumers_[index];
  consumer.asking = false;
  consumer.promised = 0;
  if (!trouble) {
    trouble_.clear();
    taking_ = !stopped_ && std::ranges::all_of(consumers_, [](auto& one) { return one.there; });
    return go_on();
  }
  if (*trouble != trouble_) {
    log_.warn("a link gets nothing from its stream", {{"component", target_},
                                                      {"provider", source_},
                                                      {"link", link_},
                                                      {"stream", stream_.stream},
                                                      {"subject", consumer.subject},
                                                      {"error", *trouble}});
    trouble_ = *std::move(trouble);
  }
  again_.set(clock_.now() + k_retry_pause);
}

void DurableSubscription::hand_over() {
  while (!waiting_.empty() && dispatcher_.room() > 0) {
    const auto ticket = ++last_;
    const auto& item = handled_.emplace(ticket, std::move(waiting_.front())).first->second;
    waiting_.pop_front();
    dispatcher_.deliver(item.message.view(), ticket, item.times, item.message.trace);
  }
}

// ---- what becomes of it ----

void DurableSubscription::answer(const std::string& to, std::string_view word) {
  // If it cannot be said, the message comes again after a while.
  if (auto said = client_->post({.subject = to, .payload = word}); !said)
    log_.warn("JetStream is not told", {{"provider", source_}, {"error", said.error().message}});
}

void DurableSubscription::on_ending(std::uint64_t ticket, Ending ending,
                                    std::string_view why) noexcept {
  auto node = handled_.extract(ticket);
  auto& item = node.mapped();
  if (ending == Ending::handled) {
    answer(item.ack, "+ACK");
  } else if (ending == Ending::not_taken) {
    waiting_.push_front(std::move(item));
  } else if (const auto pause = settings_.redelivery.pause_after(item.times)) {
    answer(item.ack,
           fmt::format("-NAK {{\"delay\": {}}}", std::chrono::nanoseconds(*pause).count()));
  } else {
    give_up(std::move(item), why);
  }
  go_on();
}

void DurableSubscription::give_up(Item item, std::string_view why) {
  const auto& to = settings_.redelivery.dead_letters;
  if (to.empty()) {
    log_.error("a message is given up and dropped", {{"component", target_},
                                                     {"provider", source_},
                                                     {"link", link_},
                                                     {"subject", item.message.subject},
                                                     {"delivery", item.times},
                                                     {"error", why}});
    return answer(item.ack, "+TERM");
  }
  net::nats::HeaderBlock headers;
  std::string reason(why.substr(0, 1000));
  std::ranges::replace_if(reason, [](char c) { return c >= 0 && c < ' '; }, ' ');
  (void)headers.add("Weft-Dead-Subject", item.message.subject);
  (void)headers.add("Weft-Dead-Reason", reason);
  if (item.message.trace) (void)headers.add("traceparent", item.message.trace->header());
  ++burials_;
  // It is not ended before its dead letter has arrived; otherwise it comes once more.
  client_->publish({.subject = to, .headers = headers.text(), .payload = item.message.body},
                   MonotonicTime::max(),
                   stream_outcome(
                       self_,
                       [ack = item.ack](DurableSubscription& self, const Message&) {
                         --self.burials_;
                         self.answer(ack, "+TERM");
                         return More::no;
                       },
                       [ack = item.ack](DurableSubscription& self, const Error& error) {
                         --self.burials_;
                         self.log_.error("a dead letter is not taken",
                                         {{"provider", self.source_}, {"error", error.message}});
                         self.answer(ack, "-NAK {\"delay\": 1000000000}");
                       }));
}

void DurableSubscription::say_that_it_goes_on() {
  for (const auto& item : waiting_) answer(item.ack, "+WPI");
  for (const auto& [ticket, item] : handled_) answer(item.ack, "+WPI");
  if (!waiting_.empty() || !handled_.empty()) goes_on_.set(clock_.now() + stream_.ack_wait / 3);
}

}  // namespace weft::providers::messaging_nats
