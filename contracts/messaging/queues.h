// What waits for the links of one provider, a queue each: for products that keep that in this
// process. A product that keeps messages elsewhere has their numbers here.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "contracts/messaging/interest.h"
#include "contracts/messaging/owned_message.h"

namespace weft::contracts::messaging {

// A message for one link.
struct Item {
  std::int64_t id = 0;                          // the product's
  std::uint32_t deliveries = 0;                 // in vain, so far
  std::size_t bytes = 0;                        // that count against the limit
  std::shared_ptr<const OwnedMessage> message;  // where it is kept here
};

// The subscription of one link on one thread, as the queues know it.
class Member {
 public:
  // Any thread, with the queues locked: something waits for it. It posts itself a message.
  virtual void wake() = 0;

 protected:
  ~Member() = default;
};

struct QueueLimits {
  std::size_t messages = 0;  // that wait for one link
  std::size_t bytes = 0;     // of all that wait
};

// Any thread. One mutex: a step takes about a microsecond, and messages are copied outside it.
class Queues final {
 public:
  explicit Queues(QueueLimits limits) : limits_(limits) {}
  Queues(const Queues&) = delete;
  Queues& operator=(const Queues&) = delete;

  // The links that a message is for, each with room for it that is taken from now on: until push()
  // or release(). exhausted: one of them, which it names, has none; then nothing is taken.
  Result<std::vector<std::string>> reserve(std::string_view subject, std::size_t bytes);
  void push(const std::string& link, Item item);
  void release(const std::vector<std::string>& links, std::size_t bytes);
  // What a file says that waits, without a look at the limits.
  void restore(const std::string& link, Item item);

  // The link's patterns are those of the one who joined last.
  void join(const std::string& link, std::vector<Pattern> patterns, Member& member);
  // How many messages wait for a link that has no member left; nobody sends it more.
  std::size_t leave(const std::string& link, Member& member);
  // Of a link without members: what waits is forgotten.
  void forget(const std::string& link);

  // The next message; or, when none is ready, when one will be (MonotonicTime::max(): nobody
  // knows), and then the member is woken when one comes.
  std::variant<Item, MonotonicTime> take(const std::string& link, Member& member,
                                         MonotonicTime now);
  // A member that was woken, or would be, has no use for it now.
  void rest(const std::string& link, Member& member);
  // What was taken and not handled waits again: before the others, or until a moment.
  void put_back(const std::string& link, Item item);
  void put_back(const std::string& link, Item item, MonotonicTime at);

 private:
  struct Hungry {
    Member* member;
    std::thread::id thread;
  };
  struct Queue {
    std::deque<Item> waiting;
    std::multimap<MonotonicTime, Item> later;
    std::size_t reserved = 0;
    std::vector<Member*> members;
    std::vector<Hungry> hungry;
    std::size_t size() const { return waiting.size() + later.size() + reserved; }
  };
  static void wake_one(Queue& queue);
  static void no_longer_hungry(Queue& queue, const Member& member);

  const QueueLimits limits_;
  std::mutex mutex_;   // guards the rest
  Interest interest_;  // of links that have members
  std::map<std::string, Queue, std::less<>> queues_;
  std::size_t bytes_ = 0;
};

}  // namespace weft::contracts::messaging
