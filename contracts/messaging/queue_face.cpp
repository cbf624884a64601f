#include "contracts/messaging/queue_face.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <utility>

#include "contracts/messaging/capabilities.h"
#include "contracts/messaging/owned_message.h"

namespace weft::contracts::messaging {
namespace {

Result<> read_limit(const Settings& config, const char* key, std::size_t& number) {
  const auto found = config.find(key);
  if (found == config.end()) return {};
  const auto& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return fail(Errc::invalid, fmt::format("`{}: {}` is no whole number", key, text));
}

}  // namespace

void QueueFace::publish(Message message, Answer<void> answer) {
  if (auto ready = check_call(answer, check(message)); !ready)
    return std::move(answer)(std::unexpected(std::move(ready).error()));
  if (!Requests::is_inbox(message.subject)) return keep(message, std::move(answer));
  broker_.requests.answer(message);
  std::move(answer)({});
}

void QueueFace::request(std::string_view subject, Bytes body, std::uint32_t timeout,
                        Answer<Message> answer) {
  if (auto ready = check_call(answer, check(subject, body)); !ready)
    return std::move(answer)(std::unexpected(std::move(ready).error()));
  // The views live in the call, which `answer` holds and `waiting_` keeps.
  auto inbox = waiting_.open(subject, timeout, answer);
  if (!inbox) return std::move(answer)(std::unexpected(std::move(inbox).error()));
  auto sent = hand_on(broker_.queues, {subject, body, *inbox});
  if (!sent) return waiting_.refuse(*inbox, std::move(sent).error());
  if (*sent == 0) waiting_.refuse(*inbox, nobody_there(subject));
}

template <class T>
Result<> QueueFace::check_call(const Answer<T>& answer, Result<> allowed) const {
  if (broker_.closed.load()) return fail(Errc::unavailable, "the messaging provider is closed");
  if (answer.context().deadline <= broker_.clock.now())
    return fail(Errc::timed_out, "the deadline had passed already");
  return allowed;
}

Result<std::size_t> hand_on(Queues& queues, const Message& message) {
  const auto bytes = kept_bytes(message);
  TRY(const auto links, queues.reserve(message.subject, bytes));
  if (links.empty()) return 0;
  const auto kept = std::make_shared<const OwnedMessage>(message);
  for (const auto& link : links) queues.push(link, {.bytes = bytes, .message = kept});
  return links.size();
}

Result<QueueLimits> read_queue_limits(const Settings& config, QueueLimits otherwise) {
  TRY_OK(read_limit(config, "max_waiting", otherwise.messages));
  TRY_OK(read_limit(config, "max_bytes", otherwise.bytes));
  return otherwise;
}

}  // namespace weft::contracts::messaging
