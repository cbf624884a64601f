// The way back from the writer's thread to the thread of one shard.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "providers/keyvalue_sqlite/write.h"

namespace weft::providers::keyvalue_sqlite {

// Shared by a shard, the writes it has under way, and the handler that is posted: whichever is left
// last frees it. One post brings the answers of a whole commit.
class Lane final : public std::enable_shared_from_this<Lane> {
 public:
  explicit Lane(boost::asio::io_context::executor_type executor) : executor_(std::move(executor)) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane();

  // The writer's thread. Takes the writes, all done.
  void deliver(std::vector<std::unique_ptr<Write>> done);
  // The shard's thread: the answers of writes that are still under way interest nobody any more,
  // and the executor is not used again.
  void close();

 private:
  void answer();

  // Set at construction.
  boost::asio::io_context::executor_type executor_;
  // Shard's thread and writer's thread meet here.
  std::mutex mutex_;
  std::vector<std::unique_ptr<Write>> done_;  // guarded by mutex_
  bool posted_ = false;                       // guarded by mutex_
  bool closed_ = false;                       // guarded by mutex_
};

}  // namespace weft::providers::keyvalue_sqlite
