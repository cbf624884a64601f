#include "contracts/messaging/queues.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weft::contracts::messaging {

Result<std::vector<std::string>> Queues::reserve(std::string_view subject, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  auto links =
      interest_.choose(subject, [this](const std::string& link) { return queues_[link].size(); });
  for (const auto& link : links) {
    if (queues_[link].size() < limits_.messages) continue;
    return fail(Errc::exhausted, fmt::format("{} messages wait for the link {}, more are not taken",
                                             limits_.messages, link));
  }
  if (bytes_ + bytes * links.size() > limits_.bytes) {
    return fail(Errc::exhausted, fmt::format("messages of {} bytes wait, more than {} may not",
                                             bytes_, limits_.bytes));
  }
  bytes_ += bytes * links.size();
  for (const auto& link : links) ++queues_[link].reserved;
  return links;
}

void Queues::push(const std::string& link, Item item) {
  const std::lock_guard lock(mutex_);
  auto& queue = queues_[link];
  --queue.reserved;
  queue.waiting.push_back(std::move(item));
  wake_one(queue);
}

void Queues::release(const std::vector<std::string>& links, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  for (const auto& link : links) --queues_[link].reserved;
  bytes_ -= bytes * links.size();
}

void Queues::restore(const std::string& link, Item item) {
  const std::lock_guard lock(mutex_);
  bytes_ += item.bytes;
  queues_[link].waiting.push_back(std::move(item));
}

void Queues::join(const std::string& link, std::vector<Pattern> patterns, Member& member) {
  const std::lock_guard lock(mutex_);
  interest_.set(link, std::move(patterns));
  queues_[link].members.push_back(&member);
}

std::size_t Queues::leave(const std::string& link, Member& member) {
  const std::lock_guard lock(mutex_);
  auto& queue = queues_[link];
  no_longer_hungry(queue, member);
  std::erase(queue.members, &member);
  if (queue.members.empty()) {
    interest_.erase(link);
    return queue.size();
  }
  // It may have been woken for a message that it does not take any more.
  if (!queue.waiting.empty() || !queue.later.empty()) wake_one(queue);
  return 0;
}

void Queues::forget(const std::string& link) {
  const std::lock_guard lock(mutex_);
  auto& queue = queues_[link];
  for (const auto& item : queue.waiting) bytes_ -= item.bytes;
  for (const auto& [at, item] : queue.later) bytes_ -= item.bytes;
  queue.waiting.clear();
  queue.later.clear();
}

std::variant<Item, MonotonicTime> Queues::take(const std::string& link, Member& member,
                                               MonotonicTime now) {
  const std::lock_guard lock(mutex_);
  auto& queue = queues_[link];
  no_longer_hungry(queue, member);
  const auto next = queue.later.begin();
  const bool due = next != queue.later.end() && next->first <= now;
  if (!due && queue.waiting.empty()) {
    queue.hungry.push_back({&member, std::this_thread::get_id()});
    return next == queue.later.end() ? MonotonicTime::max() : next->first;
  }
  Item item;
  if (due) {
    item = std::move(queue.later.extract(next).mapped());
  } else {
    item = std::move(queue.waiting.front());
    queue.waiting.pop_front();
  }
  bytes_ -= item.bytes;
  if (!queue.waiting.empty()) wake_one(queue);
  return item;
}

void Queues::rest(const std::string& link, Member& member) {
  const std::lock_guard lock(mutex_);
  auto& queue = queues_[link];
  no_longer_hungry(queue, member);
  if (!queue.waiting.empty()) wake_one(queue);
}

void Queues::put_back(const std::string& link, Item item) {
  const std::lock_guard lock(mutex_);
  auto& queue = queues_[link];
  bytes_ += item.bytes;
  queue.waiting.push_front(std::move(item));
  wake_one(queue);
}

// A member that is woken now sees the moment, and waits for it.
void Queues::put_back(const std::string& link, Item item, MonotonicTime at) {
  const std::lock_guard lock(mutex_);
  auto& queue = queues_[link];
  bytes_ += item.bytes;
  queue.later.emplace(at, std::move(item));
  wake_one(queue);
}

// One of this thread before others: what it sent is at hand there.
void Queues::wake_one(Queue& queue) {
  if (queue.hungry.empty()) return;
  auto chosen = std::ranges::find(queue.hungry, std::this_thread::get_id(), &Hungry::thread);
  if (chosen == queue.hungry.end()) chosen = queue.hungry.begin();
  auto* member = chosen->member;
  queue.hungry.erase(chosen);
  member->wake();
}

void Queues::no_longer_hungry(Queue& queue, const Member& member) {
  std::erase_if(queue.hungry, [&](const Hungry& one) { return one.member == &member; });
}

}  // namespace weft::contracts::messaging
