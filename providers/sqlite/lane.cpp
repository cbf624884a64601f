#include "providers/sqlite/lane.h"

#include "providers/sqlite/writer.h"

namespace weft::providers::sqlite {
namespace {

// A thread that never runs out of work hands over what it has when it looks again after this time:
// behind all that was ready, which may be a slice of a guest that computes.
constexpr std::chrono::milliseconds k_collect_most{1};

void abandon(std::vector<std::unique_ptr<Write>> writes) {
  for (auto& write : writes) write->abandon();
}

}  // namespace

Lane::~Lane() { abandon(std::move(done_)); }

Result<> Lane::send(std::unique_ptr<Write>& write) {
  TRY_OK(writer_.submit(write));
  ++sent_;
  if (std::exchange(collecting_, true)) return {};
  seen_ = sent_;
  since_ = std::chrono::steady_clock::now();
  boost::asio::post(executor_, [lane = shared_from_this()] { lane->look_again(); });
  return {};
}

// Runs behind everything that was ready when it was posted. As long as that brings further writes,
// the thread is busy and the disk may as well wait.
void Lane::look_again() {
  if (!collecting_) return;
  if (sent_ == seen_ || std::chrono::steady_clock::now() - since_ >= k_collect_most) return begin();
  seen_ = sent_;
  boost::asio::post(executor_, [lane = shared_from_this()] { lane->look_again(); });
}

void Lane::begin() {
  if (std::exchange(collecting_, false)) writer_.begin();
}

void Lane::deliver(std::vector<std::unique_ptr<Write>> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      for (auto& write : done) done_.push_back(std::move(write));
      done.clear();
      // With the lock held, so that close() waits for it: the executor may be gone right after.
      if (!std::exchange(posted_, true)) {
        boost::asio::post(executor_, [lane = shared_from_this()] { lane->answer(); });
      }
    }
  }
  abandon(std::move(done));
}

void Lane::answer() {
  std::vector<std::unique_ptr<Write>> done;
  {
    const std::lock_guard lock(mutex_);
    posted_ = false;
    done.swap(done_);
  }
  for (auto& write : done) write->answer();
}

void Lane::close() {
  begin();
  std::vector<std::unique_ptr<Write>> done;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    done.swap(done_);
  }
  abandon(std::move(done));
}

}  // namespace weft::providers::sqlite
