#include "providers/keyvalue_sqlite/lane.h"

namespace weft::providers::keyvalue_sqlite {
namespace {

void abandon(std::vector<std::unique_ptr<Write>> writes) {
  for (auto& write : writes) write->abandon();
}

}  // namespace

Lane::~Lane() { abandon(std::move(done_)); }

void Lane::deliver(std::vector<std::unique_ptr<Write>> done) {
  bool post = false;
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      post = !std::exchange(posted_, true);
      for (auto& write : done) done_.push_back(std::move(write));
      done.clear();
    }
  }
  abandon(std::move(done));
  if (post) boost::asio::post(executor_, [lane = shared_from_this()] { lane->answer(); });
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
