// The values of weft:keyvalue/store@0.1.0 in C++. What they mean stands in
// contracts/wit/weft-keyvalue/store.wit.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "contracts/image_codec.h"

namespace weft::contracts::keyvalue {

inline constexpr std::string_view k_interface = "weft:keyvalue/store@0.1.0";
// What guests may import from whoever serves that: mostly through the adapters.
inline constexpr std::array<std::string_view, 7> k_served = {"wasi:keyvalue/store@0.2.0-draft",
                                                             "wasi:keyvalue/atomics@0.2.0-draft",
                                                             "wasi:keyvalue/batch@0.2.0-draft",
                                                             "wasi:keyvalue/store@0.2.0-draft2",
                                                             "wasi:keyvalue/atomics@0.2.0-draft2",
                                                             "wasi:keyvalue/batch@0.2.0-draft2",
                                                             k_interface};

using Bytes = std::span<const std::byte>;
using OwnedBytes = std::vector<std::byte>;

struct NoSuchStore {};
struct AccessDenied {};
struct Other {
  std::string value;
};
struct Unsupported {
  std::string value;
};
struct Unavailable {
  std::string value;
};
struct Conflict {};
// In the order of the WIT. The first three are those of wasi:keyvalue, so that its results need no
// new image.
using StoreError =
    std::variant<NoSuchStore, AccessDenied, Other, Unsupported, Unavailable, Conflict>;

// Which key of which bucket. In an image it is the first two parameters.
struct Item {
  std::string_view bucket;
  std::string_view key;
};

struct Pair {
  std::string_view key;
  Bytes value;
};

struct Beginning {};
struct After {
  std::string value;
};
struct Skip {
  std::uint64_t value;
};
using Place = std::variant<Beginning, After, Skip>;

struct Page {
  std::vector<std::string> keys;
  std::optional<Place> next;
};

struct Snapshot {
  std::string bucket;
  std::string key;
  std::string version;
  std::optional<OwnedBytes> value;
};

struct Swapped {};
struct Changed {
  Snapshot value;
};
using Outcome = std::variant<Swapped, Changed>;

// One entry per key asked for.
using Found = std::vector<std::optional<std::tuple<std::string, OwnedBytes>>>;

}  // namespace weft::contracts::keyvalue

namespace weft::contracts {

template <>
struct Layout<keyvalue::Item>
    : Record<keyvalue::Item, &keyvalue::Item::bucket, &keyvalue::Item::key> {};
template <>
struct Layout<keyvalue::Pair>
    : Record<keyvalue::Pair, &keyvalue::Pair::key, &keyvalue::Pair::value> {};
template <>
struct Layout<keyvalue::Page>
    : Record<keyvalue::Page, &keyvalue::Page::keys, &keyvalue::Page::next> {};
template <>
struct Layout<keyvalue::Snapshot>
    : Record<keyvalue::Snapshot, &keyvalue::Snapshot::bucket, &keyvalue::Snapshot::key,
             &keyvalue::Snapshot::version, &keyvalue::Snapshot::value> {};

}  // namespace weft::contracts
