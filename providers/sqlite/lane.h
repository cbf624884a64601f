// The way between the thread of one shard and the writer's: writes there, their answers back.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "providers/sqlite/write.h"

namespace weft::providers::sqlite {

class Writer;

// Shared by a shard, the writes it has under way, and the handler that is posted: whichever is left
// last frees it. One post brings the answers of a whole commit.
class Lane final : public std::enable_shared_from_this<Lane> {
 public:
  // `writer` is not used after close().
  Lane(boost::asio::io_context::executor_type executor, Writer& writer)
      : executor_(std::move(executor)), writer_(writer) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane();

  // The shard's thread. Hands the write to the writer, and tells it to begin when this thread has
  // done the work that is ready, for more writes may come of that. Errors: see Writer::submit.
  Result<> send(std::unique_ptr<Write>& write);
  // The writer's thread. Takes the writes, all done.
  void deliver(std::vector<std::unique_ptr<Write>> done);
  // The shard's thread: the answers of writes that are still under way interest nobody any more,
  // and the executor is not used again.
  void close();

 private:
  void answer();
  void look_again();
  void begin();

  // Set at construction.
  boost::asio::io_context::executor_type executor_;
  Writer& writer_;
  // The shard's thread only.
  bool collecting_ = false;  // writes that the writer has not been told to begin with
  std::size_t sent_ = 0;     // writes since then
  std::size_t seen_ = 0;     // as many of them when this last looked
  std::chrono::steady_clock::time_point since_;
  // Shard's thread and writer's thread meet here.
  std::mutex mutex_;
  std::vector<std::unique_ptr<Write>> done_;  // guarded by mutex_
  bool posted_ = false;                       // guarded by mutex_
  bool closed_ = false;                       // guarded by mutex_
};

}  // namespace weft::providers::sqlite
