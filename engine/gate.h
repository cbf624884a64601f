// How many calls may run at once and how many may wait for their turn, on one thread. What a
// process may do is divided between its threads, so nothing here is shared between them.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

namespace weft::engine {

class Gate;

// A call that waits. Admitted from the thread's loop, with its place taken already.
class Waiter {
 public:
  virtual void on_admitted(Gate& gate) = 0;

 protected:
  ~Waiter() = default;
};

enum class Entry { admitted, waiting, refused };

struct GateSettings {
  std::size_t places = 1;   // calls at once
  std::size_t waiting = 0;  // calls that may wait
  // With `reserve`, calls at depth d may take all but 1/2^(d+1) of the places, so that callers that
  // wait for their callees leave some. Below the depth where that rounds to none, callers may hold
  // every place: their callees are refused rather than made to wait, perhaps for each other.
  enum class Depths { equal, reserve } depths = Depths::equal;
};

// Members of one thread. Waiters are withdrawn before the gate goes away.
class Gate {
 public:
  Gate(boost::asio::io_context& io, GateSettings settings);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Takes a place, or a place in the queue. `depth`: calls above this one.
  Entry enter(Waiter& waiter, std::uint32_t depth);
  // Gives a place back. The next waiter starts from the loop, not from here.
  void leave();
  // The place that this call was given is none after all: it waits again, before those that are not
  // deeper, and nobody is admitted until a call leaves or try_again().
  void put_back(Waiter& waiter, std::uint32_t depth);
  // There may be a place after all; the next waiter starts from the loop. From any thread.
  void try_again();
  // A waiter that does not want to wait any more.
  void withdraw(const Waiter& waiter);

  std::size_t running() const { return running_; }
  std::size_t waiting() const { return queue_.size(); }

 private:
  struct Place {
    Waiter* waiter;
    std::uint32_t depth;
  };
  std::size_t places(std::uint32_t depth) const;
  bool may_wait(std::uint32_t depth) const;
  void admit_soon();
  void admit();

  boost::asio::io_context& io_;
  const GateSettings settings_;
  std::size_t running_ = 0;
  std::list<Place> queue_;
  bool admitting_ = false;
  bool stalled_ = false;         // the place at the front was none
  std::shared_ptr<Gate*> self_;  // what a posted admission holds weakly
};

}  // namespace weft::engine
