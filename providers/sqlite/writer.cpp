#include "providers/sqlite/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "providers/sqlite/lane.h"

namespace weft::providers::sqlite {
namespace {

// The WAL is moved to the database when it has so many frames (of 4 KiB) and nobody waits, or,
// without mercy, when it has so many more.
constexpr int k_frames_idle = 1000;
constexpr int k_frames_most = 4'000;
// How long a transaction waits for callers that were answered by the last one: this part of what a
// commit takes, and never more than this.
constexpr int k_gather_part = 4;
constexpr std::chrono::microseconds k_gather_most{1000};

}  // namespace

Writer::Writer(Setup setup)
    : what_(setup.what),
      limits_(setup.limits),
      clock_(setup.clock),
      log_(setup.log),
      store_(setup.store),
      thread_([this] { run(); }) {}

Writer::~Writer() { close(); }

Result<> Writer::submit(std::unique_ptr<Write>& write) {
  const std::lock_guard lock(mutex_);
  if (closing_) return fail(Errc::unavailable, fmt::format("the {} is closing", what_));
  if (queue_.size() >= limits_.writes || queued_bytes_ + write->bytes() > limits_.bytes) {
    return fail(Errc::unavailable,
                fmt::format("{} writes of {} bytes wait for the disk, more are not taken",
                            queue_.size(), queued_bytes_));
  }
  queued_bytes_ += write->bytes();
  queue_.push_back(std::move(write));
  return {};
}

void Writer::begin() {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    begin_ = !queue_.empty();  // what the caller submitted may have been taken already
    wake = begin_ && wake_at_ != 0 && queue_.size() >= wake_at_;
    if (wake) wake_at_ = 0;
  }
  if (wake) wake_.notify_one();
}

void Writer::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    wake_at_ = 0;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Writer::run() {
  std::size_t expected = 1;
  for (;;) {
    Batch batch = gather(expected);
    if (batch.empty()) break;
    const auto size = batch.size();
    process(std::move(batch));
    std::size_t waiting = 0;
    {
      const std::lock_guard lock(mutex_);
      waiting = queue_.size();
    }
    expected = size + waiting;
    tidy(waiting == 0 ? k_frames_idle : k_frames_most);
  }
  tidy(0);
}

// Sleeps until it is to begin, then a little longer if fewer writes are there than `expected`. Real
// time: the pause is a part of what the disk took. Empty: closing.
Writer::Batch Writer::gather(std::size_t expected) {
  Batch batch;
  std::unique_lock lock(mutex_);
  while (!begin_ && !closing_) {
    wake_at_ = 1;
    wake_.wait(lock);
  }
  const auto end = std::chrono::steady_clock::now() +
                   std::min<std::chrono::nanoseconds>(last_commit_ / k_gather_part, k_gather_most);
  while (queue_.size() < expected && !closing_) {
    wake_at_ = expected;
    if (wake_.wait_until(lock, end) == std::cv_status::timeout) break;
  }
  wake_at_ = 0;
  begin_ = false;
  batch.swap(queue_);
  queued_bytes_ = 0;
  return batch;
}

void Writer::process(Batch batch) {
  auto committed = store_.begin();
  if (committed) committed = apply(batch);
  if (committed) {
    const auto began = std::chrono::steady_clock::now();
    committed = store_.commit();
    last_commit_ = std::chrono::steady_clock::now() - began;
  } else {
    store_.rollback();
  }
  note(committed, batch.size());
  for (auto& write : batch) {
    if (committed) {
      write->committed();
    } else {
      write->fail_with(committed.error());
    }
  }
  answer(std::move(batch));
}

// One line when commits begin to fail and one when they work again: a full disk is not made worse
// by its log.
void Writer::note(const Result<>& committed, std::size_t writes) {
  if (failing_ == !committed) return;
  failing_ = !committed;
  if (failing_) {
    log_.error(fmt::format("the {} cannot commit", what_),
               {{"error", committed.error().message}, {"writes", writes}});
  } else {
    log_.info(fmt::format("the {} commits again", what_));
  }
}

// An error: SQLite could not go on and rolled everything back. Other errors stay with their writes.
Result<> Writer::apply(Batch& batch) {
  const auto now = clock_.now();
  for (auto& write : batch) {
    if (!write->wanted()) {
      write->fail_with({Errc::cancelled, "the caller went away before the write began"});
    } else if (write->deadline() <= now) {
      write->fail_with(
          {Errc::timed_out, "the deadline passed while the write waited for the disk"});
    } else {
      const Error* error = write->apply();
      if (error != nullptr && !store_.in_transaction()) return std::unexpected(*error);
    }
  }
  return {};
}

void Writer::answer(Batch batch) {
  // Writes of one lane mostly stand side by side only when there is one lane: sort them out.
  while (!batch.empty()) {
    const auto lane = batch.front()->lane();
    Batch own, others;
    for (auto& write : batch) (write->lane() == lane ? own : others).push_back(std::move(write));
    lane->deliver(std::move(own));
    batch = std::move(others);
  }
}

void Writer::tidy(int frames) {
  if (store_.wal_frames() <= frames) return;
  if (auto done = store_.checkpoint(); !done) {
    log_.warn("the write-ahead log could not be moved to the database",
              {{"error", done.error().message}});
  }
}

}  // namespace weft::providers::sqlite
