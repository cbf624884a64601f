#include "contracts/keyvalue/signatures.h"

#include <fmt/format.h>

#include <vector>

namespace weft::contracts::keyvalue {
namespace {

constexpr std::string_view k_error =
    "variant{no-such-store, access-denied, other(string), unsupported(string), "
    "unavailable(string), conflict}";
constexpr std::string_view k_place = "variant{beginning, after(string), skip(u64)}";
constexpr std::string_view k_snapshot =
    "record{bucket: string, key: string, version: string, value: option<list<u8>>}";

FunctionType function(std::string name, std::string_view parameters, std::string_view result) {
  return {std::move(name), fmt::format("func({}) -> result<{}, {}>", parameters, result, k_error)};
}

}  // namespace

std::span<const FunctionType> signatures() {
  static const std::vector<FunctionType> all = {
      function("get", "bucket: string, key: string", "option<list<u8>>"),
      function("set", "bucket: string, key: string, value: list<u8>", "_"),
      function("delete", "bucket: string, key: string", "_"),
      function("exists", "bucket: string, key: string", "bool"),
      function("list-keys", fmt::format("bucket: string, from: {}, limit: u32", k_place),
               fmt::format("record{{keys: list<string>, next: option<{}>}}", k_place)),
      function("increment", "bucket: string, key: string, delta: s64", "s64"),
      function("get-many", "bucket: string, keys: list<string>",
               "list<option<tuple<string, list<u8>>>>"),
      function("set-many", "bucket: string, pairs: list<tuple<string, list<u8>>>", "_"),
      function("delete-many", "bucket: string, keys: list<string>", "_"),
      function("get-with-version", "bucket: string, key: string", k_snapshot),
      function("compare-and-swap", "bucket: string, key: string, version: string, value: list<u8>",
               fmt::format("variant{{swapped, changed({})}}", k_snapshot))};
  return all;
}

}  // namespace weft::contracts::keyvalue
