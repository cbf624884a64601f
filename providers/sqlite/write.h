// One write on its way: from the thread of who asks to the writer's, and back with its result.
#pragma once
#include <cstddef>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace weft::providers::sqlite {

class Lane;

class Write {
 public:
  Write(std::shared_ptr<Lane> lane, std::size_t bytes) : lane_(std::move(lane)), bytes_(bytes) {}
  virtual ~Write() = default;

  // The writer's thread, inside a transaction. The error, or null; it stays with the write, too.
  virtual const Error* apply() = 0;
  virtual void fail_with(Error error) = 0;
  // The writer's thread, after the commit of what apply() did or failed to do.
  virtual void committed() {}
  // Any thread.
  virtual bool wanted() const = 0;
  virtual MonotonicTime deadline() const = 0;
  // The asker's thread, once, after apply() and commit, or fail_with().
  virtual void answer() = 0;
  // Any thread, instead of answer(), when the asker is gone.
  virtual void abandon() = 0;

  const std::shared_ptr<Lane>& lane() const { return lane_; }
  // What the arguments hold in memory while this waits.
  std::size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<Lane> lane_;
  std::size_t bytes_;
};

}  // namespace weft::providers::sqlite
