// Increments: NATS can only write a value on the condition that nobody did meanwhile, so a sum is
// read, added to and written until that holds.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "providers/keyvalue_nats/asked.h"
#include "providers/keyvalue_nats/bucket.h"

namespace weft::providers::keyvalue_nats {

// One thread. All increments of a key that wait together are one write, and each gets the sum up to
// itself; so callers of a thread never wait for each other's writes to fail.
class Counters final {
 public:
  // `bucket` outlives this.
  explicit Counters(Bucket& bucket) : bucket_(bucket) {}

  void add(Name name, std::int64_t delta, AskedPtr<std::int64_t> asked);

 private:
  struct Add {
    AskedPtr<std::int64_t> asked;
    std::int64_t delta;
  };
  struct Batch;
  struct Chain {
    Name name;
    std::deque<Add> waiting;
    bool known = false;  // the two below
    std::uint64_t revision = 0;
    std::int64_t value = 0;
    unsigned lost = 0;  // writes since one succeeded
  };

  void step(Chain& chain);
  void read(Chain& chain);
  void on_read(Chain& chain, Result<Entry> entry);
  void write(Chain& chain);
  void on_written(Chain& chain, Batch& batch, std::int64_t sum,
                  Result<std::optional<std::uint64_t>> written);
  void give_up(Chain& chain, const Error& error);

  Bucket& bucket_;
  std::map<std::string, std::unique_ptr<Chain>, std::less<>> chains_;  // while something waits
};

}  // namespace weft::providers::keyvalue_nats
