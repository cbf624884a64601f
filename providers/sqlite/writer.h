// The one thread that writes. What waits when it is free becomes one transaction, is committed with
// one fdatasync, and is answered; what comes in meanwhile becomes the next. A commit costs a CPU
// more than a call does: so a write does not wake the writer before the thread that it came from
// has nothing else to do (see lane.h), and a transaction waits a little for callers that were just
// answered, who often write again, so that all of them share one fdatasync instead of taking turns
// at two.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "providers/sqlite/transactions.h"
#include "providers/sqlite/write.h"

namespace weft::providers::sqlite {

struct WriterLimits {
  std::size_t writes = 8192;                   // that wait
  std::size_t bytes = std::size_t{256} << 20;  // that their arguments hold
};

class Writer final {
 public:
  // What is referred to outlives the writer.
  struct Setup {
    Transactions& store;    // used by the writer's thread only, while there is a writer
    std::string_view what;  // "key-value store", for people; lives as long as the program
    WriterLimits limits;
    const Clock& clock;
    Log& log;
  };
  explicit Writer(Setup setup);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  // Any thread, never waits for the disk. The write waits until somebody calls begin(), unless the
  // next transaction takes it before. unavailable: the queue is full, or the store is closing; then
  // the write is given back in `write`.
  Result<> submit(std::unique_ptr<Write>& write);
  // Any thread: what was submitted may be written now.
  void begin();
  // Refuses further writes, finishes those that wait, and ends the thread. Blocks for a commit or
  // two.
  void close();

 private:
  using Batch = std::vector<std::unique_ptr<Write>>;
  void run();
  Batch gather(std::size_t expected);
  void process(Batch batch);
  Result<> apply(Batch& batch);
  void note(const Result<>& committed, std::size_t writes);
  void answer(Batch batch);
  void tidy(int frames);

  // Set at construction.
  const std::string_view what_;
  const WriterLimits limits_;
  const Clock& clock_;
  Log& log_;
  // The writer's thread only.
  Transactions& store_;
  bool failing_ = false;                     // whether the last commit failed
  std::chrono::nanoseconds last_commit_{0};  // how long it took
  // Where callers and the writer meet: a queue between threads needs a lock, held for a push or a
  // swap.
  std::mutex mutex_;
  std::condition_variable wake_;
  Batch queue_;                   // guarded by mutex_
  std::size_t queued_bytes_ = 0;  // guarded by mutex_
  bool begin_ = false;            // guarded by mutex_: begin() was called for some of the queue
  bool closing_ = false;          // guarded by mutex_
  std::size_t wake_at_ =
      0;  // guarded by mutex_: waiting writes that wake the thread; 0 while it is awake
  std::thread thread_;  // last, because it starts at once
};

}  // namespace weft::providers::sqlite
