#include "providers/keyvalue_sqlite/lane.h"

namespace weft::providers::keyvalue_sqlite {
namespace {

void abandon(std::vector<std::unique_ptr<Write>> writes) {
  for (auto& write : writes) write->abandon();
}

}  // namespace

Lane::~Lane() { abandon(std::move(done_)); }

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
  std::vector<std::unique_ptr<Write>> done;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    done.swap(done_);
  }
  abandon(std::move(done));
}

}  // namespace weft::providers::keyvalue_sqlite
