// Translates a guest's own version of a contract (with resources) into the flat contract that
// providers serve (without), and back. One adapter per contract; the engine finds it by the
// interface that a component imports.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "contracts/image.h"
#include "contracts/interface_name.h"

namespace weft::contracts {

// The resource handles that the guest of one call holds. What a handle stands for is a string of
// the adapter's choosing: the name of a bucket, say. Belongs to one thread.
class Handles {
 public:
  // `limit`: most handles at once (Limits::host_objects); 0 means no limit.
  explicit Handles(std::size_t limit) : limit_(limit) {}

  // exhausted: the limit is reached, the guest must drop some first. Freed numbers are used again.
  Result<std::uint32_t> add(std::string name);
  // invalid: no such handle. The view lives until remove(rep).
  Result<std::string_view> find(std::uint32_t rep) const;
  // Nothing happens when there is no such handle.
  void remove(std::uint32_t rep);
  std::size_t size() const noexcept { return slots_.size() - free_.size(); }

 private:
  std::size_t limit_;
  std::deque<std::optional<std::string>> slots_;  // by rep - 1; addresses stay while it grows
  std::vector<std::uint32_t> free_;
};

// A call on the flat contract. The views are static: they live as long as the program.
struct FlatCall {
  std::string_view interface;  // "weft:keyvalue/store@0.1.0"
  std::string_view function;   // "get"
  Image arguments;
};

// Stateless: one object serves all threads. Handles travel in images as their u32 number. Functions
// are named as in the component: "open", "[method]bucket.get", "[static]cas.new". A handle that
// goes in as `own` is removed by the adapter; one that the guest drops is removed by the engine.
class Adapter {
 public:
  virtual ~Adapter() = default;

  // What guests may import through this adapter, with version.
  virtual std::span<const InterfaceName> interfaces() const = 0;
  // The interface that calls leave by.
  virtual std::string_view flat() const = 0;
  // Names of the resources that this interface defines (not those it uses from another).
  virtual std::span<const std::string_view> resources(const InterfaceName& interface) const = 0;

  // The results at once, or the flat call that yields them through reply(). Errors are defects or
  // broken limits and end the guest's call: invalid (unknown function, malformed image, stale
  // handle), exhausted (handles).
  virtual Result<std::variant<Image, FlatCall>> call(const InterfaceName& interface,
                                                     std::string_view function,
                                                     const Image& arguments,
                                                     Handles& handles) const = 0;
  // What the guest gets for the answer of its flat call. A failed one becomes the contract's own
  // error value; only defects and broken limits come out as errors. May add handles.
  virtual Result<Image> reply(const InterfaceName& interface, std::string_view function,
                              Result<Image> flat, Handles& handles) const = 0;
};

}  // namespace weft::contracts
