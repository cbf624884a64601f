#include "contracts/messaging/dispatcher.h"

#include <expected>
#include <tuple>
#include <utility>

#include "base/trace_context.h"
#include "contracts/context.h"
#include "contracts/invocation.h"

namespace weft::contracts::messaging {
namespace {

// Deliveries before the thread gets to do something else.
constexpr std::uint32_t k_burst = 16;
constexpr std::chrono::milliseconds k_first_pause{20}, k_longest_pause{1'000};
// Lines a second about messages that were not handled.
constexpr std::uint32_t k_lines = 10;
constexpr std::chrono::seconds k_lines_time{1};

// A handler that had begun may fail with the error of what it called itself.
Ending ending_of(Errc code, bool begun) {
  switch (code) {
    case Errc::denied:  // by the link, which is going
    case Errc::unavailable:
    case Errc::cancelled:
      return begun ? Ending::failed : Ending::not_taken;
    case Errc::timed_out:
      return Ending::timed_out;
    case Errc::not_found:
    case Errc::invalid:
    case Errc::exhausted:
    case Errc::conflict:
    case Errc::trapped:
    case Errc::internal:
      return Ending::failed;
  }
  return Ending::failed;
}

}  // namespace

std::string_view name(Ending ending) {
  switch (ending) {
    case Ending::handled:
      return "handled";
    case Ending::refused:
      return "refused";
    case Ending::failed:
      return "failed";
    case Ending::timed_out:
      return "timed out";
    case Ending::not_taken:
      return "not taken";
  }
  return "failed";
}

// One call of the handler.
class Dispatcher::Handling final : public Replier {
 public:
  explicit Handling(Dispatcher& owner) : owner_(owner) {}

  void begin(Invocation invocation) {
    const auto number = ++number_;
    request = invocation.context.request;
    trace = invocation.context.trace;
    auto pending = owner_.calls_.invoke(std::move(invocation), *this);
    if (number == number_) pending_ = std::move(pending);
  }
  void on_reply(Reply reply) noexcept override {
    ++number_;
    pending_.settled();
    if (!reply.results) {
      const auto& error = reply.results.error();
      return owner_.end(*this, ending_of(error.code, reply.begun), error.message);
    }
    const auto said = decode<std::tuple<std::expected<void, std::string_view>>>(*reply.results);
    if (!said) return owner_.end(*this, Ending::failed, said.error().message);
    const auto& result = std::get<0>(*said);
    if (!result) return owner_.end(*this, Ending::refused, result.error());
    owner_.end(*this, Ending::handled, {});
  }

  // Of the message, while it is handled.
  std::string subject;
  std::uint64_t ticket = 0;
  std::uint32_t delivery = 0;
  RequestId request = 0;
  TraceContext trace;

 private:
  Dispatcher& owner_;
  Pending pending_;
  std::uint64_t number_ = 0;  // odd while a call is under way
};

Dispatcher::Dispatcher(DispatcherParts parts)
    : source_(parts.link.source.str()),
      target_(parts.link.target.str()),
      link_(parts.link.link.str()),
      settings_(std::move(parts.settings)),
      calls_(parts.calls),
      receiver_(parts.receiver),
      clock_(parts.clock),
      log_(parts.log),
      random_(parts.random),
      pause_over_(parts.executor, parts.clock, [this] {
        rest_ = Rest::none;
        receiver_.on_room();
      }) {}

Dispatcher::~Dispatcher() = default;

std::size_t Dispatcher::room() const {
  if (rest_ != Rest::none || delivering_ || in_flight_ >= settings_.at_once) return 0;
  return settings_.at_once - in_flight_;
}

void Dispatcher::deliver(const Message& message, std::uint64_t ticket, std::uint32_t delivery,
                         const std::optional<TraceContext>& trace) {
  if (free_.empty()) {
    handlings_.push_back(std::make_unique<Handling>(*this));
    free_.push_back(handlings_.back().get());
  }
  Handling& handling = *free_.back();
  free_.pop_back();
  handling.subject = message.subject;
  handling.ticket = ticket;
  handling.delivery = delivery;
  ++in_flight_;
  Invocation invocation;
  invocation.context.request = random_.next();
  invocation.context.trace = trace ? trace->child(random_) : TraceContext::make(random_);
  invocation.context.deadline = clock_.now() + settings_.timeout;
  invocation.source = source_;
  invocation.link = link_;
  invocation.contract = invocation.interface = k_handler;
  invocation.function = "handle-message";
  invocation.payload = encode(std::forward_as_tuple(message));
  delivering_ = true;
  handling.begin(std::move(invocation));
  delivering_ = false;
  if (++delivered_ % k_burst == 0 && rest_ == Rest::none) {
    rest_ = Rest::for_others;
    pause_over_.set(clock_.now());
  }
}

void Dispatcher::end(Handling& handling, Ending ending, std::string_view why) noexcept {
  --in_flight_;
  free_.push_back(&handling);
  if (ending == Ending::not_taken) {
    wait_for_target(handling, why);
  } else {
    pause_ = std::chrono::milliseconds(0);
    if (ending != Ending::handled) tell(handling, ending, why);
  }
  receiver_.on_ending(handling.ticket, ending, why);
}

// Once for all that come back while it is full.
void Dispatcher::wait_for_target(const Handling& handling, std::string_view why) {
  if (rest_ == Rest::target_full) return;
  if (pause_ == pause_.zero()) tell(handling, Ending::not_taken, why);
  pause_ = pause_ == pause_.zero() ? k_first_pause : std::min(2 * pause_, k_longest_pause);
  rest_ = Rest::target_full;
  pause_over_.set(clock_.now() + pause_);
}

void Dispatcher::tell(const Handling& handling, Ending ending, std::string_view why) {
  if (const auto now = clock_.now(); now - lines_since_ >= k_lines_time) {
    if (unsaid_ > 0) {
      log_.warn(
          "more messages were not handled",
          {{"component", target_}, {"provider", source_}, {"link", link_}, {"messages", unsaid_}});
    }
    lines_since_ = now;
    lines_ = unsaid_ = 0;
  }
  if (lines_ == k_lines) {
    ++unsaid_;
    return;
  }
  ++lines_;
  log_.warn("a message was not handled", {{"component", target_},
                                          {"provider", source_},
                                          {"link", link_},
                                          {"subject", handling.subject},
                                          {"ending", name(ending)},
                                          {"delivery", handling.delivery},
                                          {"error", why},
                                          {"request", text(handling.request)},
                                          {"trace", handling.trace.trace_text()}});
}

}  // namespace weft::contracts::messaging
