// How many calls a provider has under way in all threads, so that closing it can wait for them.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

namespace weft::contracts {

// Shared by the provider and its endpoints. Any thread.
class Calls final {
 public:
  // One call under way, for as long as it lives.
  class [[nodiscard]] Token {
   public:
    explicit Token(Calls& calls) : calls_(&calls) {
      calls.count_.fetch_add(1, std::memory_order_relaxed);
    }
    Token(Token&& other) noexcept : calls_(std::exchange(other.calls_, nullptr)) {}
    Token& operator=(Token&&) = delete;
    ~Token() {
      if (calls_ != nullptr) calls_->end();
    }

   private:
    Calls* calls_;
  };

  bool closed() const { return closed_.load(); }
  // No further call is taken. Blocks until those under way have ended, or for `most`: their threads
  // may have stopped already.
  void close(std::chrono::milliseconds most) {
    closed_.store(true);
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, most, [this] { return count_.load() == 0; });
  }

 private:
  void end() {
    if (count_.fetch_sub(1) != 1 || !closed()) return;
    // With the lock held, so that close() either sees the count or is woken.
    const std::lock_guard lock(mutex_);
    ended_.notify_all();
  }

  std::atomic<std::size_t> count_{0};
  std::atomic<bool> closed_{false};
  std::mutex mutex_;  // for ended_ alone: waiting needs one
  std::condition_variable ended_;
};

}  // namespace weft::contracts
