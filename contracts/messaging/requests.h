// Requests that wait for their answers, for products that live in this process: each has a subject
// of its own, `_INBOX.{place}.{number}`, to which whoever answers publishes, from any thread.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"
#include "contracts/messaging/messaging.h"
#include "contracts/messaging/owned_message.h"
#include "contracts/messaging/types.h"

namespace weft::contracts::messaging {

class Waiting;

// All of a provider's. Any thread.
class Requests final {
 public:
  explicit Requests(Random& random) : random_(random) {}

  // Whether messages to it are answers, which go to answer() and nowhere else.
  static bool is_inbox(std::string_view subject);
  // An answer that comes when nobody waits for it any more is dropped.
  void answer(const Message& message);

 private:
  friend class Waiting;
  struct Mailbox;
  std::string add(const std::shared_ptr<Mailbox>& mailbox);
  void remove(const std::string& place);

  Random& random_;
  std::mutex mutex_;  // of any thread's requests and answers
  std::unordered_map<std::string, std::weak_ptr<Mailbox>> places_;  // guarded by mutex_
};

// Those of one endpoint. Belongs to the thread of its executor.
class Waiting final {
 public:
  // `requests` and `clock` outlive this.
  Waiting(boost::asio::io_context::executor_type executor, Requests& requests, const Clock& clock);
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  // Requests that wait are dropped: their callers have been answered.
  ~Waiting();

  // Where the answer is to go; the request waits from now on. exhausted: too many wait. `answer` is
  // used up only on success.
  Result<std::string> open(std::string_view subject, std::uint32_t timeout,
                           Answer<Message>& answer);
  // It could not be sent. No inbox of this object: nothing happens.
  void refuse(std::string_view inbox, Error error);

 private:
  friend class Requests;
  struct Open {
    Answer<Message> answer;
    std::unique_ptr<Alarm> late;
  };
  void take_answers();
  void settle(std::uint64_t number, Result<Message> result);
  void drop_unwanted();

  Requests& requests_;
  const Clock& clock_;
  boost::asio::io_context::executor_type executor_;
  std::shared_ptr<Requests::Mailbox> mailbox_;
  const std::string place_;
  std::map<std::uint64_t, Open> open_;
  std::uint64_t last_ = 0;
  std::size_t sweep_at_ = 64;
};

}  // namespace weft::contracts::messaging
