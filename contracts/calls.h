// How many calls a provider has under way in all threads, so that closing it can wait for them.
#pragma once
#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace weft::contracts {

// Shared by the provider and its endpoints. Any thread.
class Calls final {
 public:
  // One call under way, for as long as it lives.
  class [[nodiscard]] Token {
   public:
    explicit Token(Calls& calls) : calls_(&calls) { calls.count_.fetch_add(1); }
    Token(Token&& other) noexcept : calls_(std::exchange(other.calls_, nullptr)) {}
    Token& operator=(Token&&) = delete;
    ~Token() {
      if (calls_ != nullptr) calls_->end();
    }

   private:
    Calls* calls_;
  };

  // Who lets go, on its own thread, of calls whose callers have gone, so that they hold up nobody.
  class Holder {
   public:
    Holder(Calls& calls, boost::asio::io_context::executor_type executor,
           std::function<void()> let_go, std::chrono::milliseconds patience)
        : calls_(calls),
          let_go_(std::make_shared<std::function<void()>>(std::move(let_go))),
          executor_(std::move(executor)) {
      const std::lock_guard lock(calls.mutex_);
      calls.patience_ = std::max(calls.patience_, patience);
      place_ = calls.holders_.insert(calls.holders_.end(), this);
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    ~Holder() {
      *let_go_ = nullptr;
      const std::lock_guard lock(calls_.mutex_);
      calls_.holders_.erase(place_);
    }
    void ask() const {
      boost::asio::post(executor_, [let_go = let_go_] {
        if (*let_go) (*let_go)();
      });
    }

   private:
    Calls& calls_;
    const std::shared_ptr<std::function<void()>> let_go_;  // its thread only; null: it is gone
    const boost::asio::io_context::executor_type executor_;
    std::list<Holder*>::iterator place_;
  };

  // Asked with the token of the call in hand: then close() waits for it, or it is refused.
  bool closed() const { return closed_.load(); }
  // No further call is taken. Blocks until those under way have ended, or for the longest that one
  // without a deadline may take, and `grace` more: their threads may have stopped already.
  void close(std::chrono::milliseconds grace) {
    closed_.store(true);
    std::unique_lock lock(mutex_);
    for (const auto* holder : holders_) holder->ask();
    ended_.wait_for(lock, patience_ + grace, [this] { return count_.load() == 0; });
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
  std::mutex mutex_;                       // endpoints come and go on their threads
  std::list<Holder*> holders_;             // guarded by mutex_
  std::chrono::milliseconds patience_{0};  // guarded by mutex_
  std::condition_variable ended_;
};

}  // namespace weft::contracts
