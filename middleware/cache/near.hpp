// What the cache has seen of one bucket, kept in the store to which `wasi:keyvalue` is linked.
// Nothing here fails a call: where that store does not answer, nothing has been seen.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <wasi/keyvalue/atomics.hpp>

using bytes = std::vector<std::uint8_t>;
// A value, or that there is none.
using seen = std::optional<bytes>;

class near {
 public:
  explicit near(std::string const& bucket);

  // What was seen of a key, unless that is too old or the key was written since.
  std::optional<seen> find(std::string_view key) const;

  // To be taken before the store behind is asked: then keep() keeps nothing that is older than a
  // write.
  using moment = std::optional<wasi::keyvalue::atomics::cas>;
  moment begin(std::string_view key) const;
  void keep(std::string_view key, moment since, seen const& value,
            std::chrono::milliseconds ttl) const;

  // Before and after a write: what was seen counts no more, nor does a keep() that began earlier.
  void forget(std::string_view key) const;
  void forget(std::span<std::string_view const> keys) const;

 private:
  void make_room(std::string_view key) const;

  std::optional<wasi::keyvalue::store::bucket> bucket_;
};
