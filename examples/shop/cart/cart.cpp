// Carts in a key-value store. Two requests may change one cart at the same time, so a change is a
// compare-and-swap.
#include <algorithm>
#include <charconv>
#include <exports/example/shop/cart.hpp>
#include <wasi/keyvalue/atomics.hpp>
#include <wit/text.hpp>

using namespace exports::example::shop::cart;
namespace store = wasi::keyvalue::store;
namespace atomics = wasi::keyvalue::atomics;
using bytes = std::vector<std::uint8_t>;

namespace {

error said(store::error const& e) {
  if (auto* other = std::get_if<store::error::other>(&e)) return error::store{other->value};
  bool missing = std::holds_alternative<store::error::no_such_store>(e);
  return error::store{missing ? "no such bucket" : "access denied"};
}

// One line per item: quantity, blank, product.
std::vector<item> parse(std::optional<bytes> const& stored) {
  std::vector<item> items;
  if (!stored) return items;
  auto text = wit::text(*stored);
  for (char const *at = text.data(), *end = at + text.size(); at < end;) {
    auto* line_end = std::find(at, end, '\n');
    item next;
    auto number = std::from_chars(at, line_end, next.quantity);
    if (number.ptr != line_end) next.product.assign(number.ptr + 1, line_end);
    items.push_back(std::move(next));
    at = line_end + 1;
  }
  return items;
}

std::string format(std::vector<item> const& items) {
  std::string text;
  for (auto& item : items) text += std::to_string(item.quantity) + " " + item.product + "\n";
  return text;
}

void put(std::vector<item>& items, item const& added) {
  auto found = std::ranges::find(items, added.product, &item::product);
  if (found == items.end())
    items.push_back(added);
  else
    found->quantity += added.quantity;
}

}  // namespace

struct carts {
  static std::expected<std::vector<item>, error> items(std::string cart) {
    auto bucket = store::open("carts");
    if (!bucket) return std::unexpected(said(bucket.error()));
    auto stored = bucket->get(cart);
    if (!stored) return std::unexpected(said(stored.error()));
    return parse(*stored);
  }

  static std::expected<std::vector<item>, error> add(std::string cart, item added) {
    if (added.quantity == 0) return std::unexpected(error::nothing_to_add{});
    auto bucket = store::open("carts");
    if (!bucket) return std::unexpected(said(bucket.error()));
    auto seen = atomics::cas::make(*bucket, cart);
    for (int attempt = 0; attempt < 20; ++attempt) {
      if (!seen) return std::unexpected(said(seen.error()));
      auto stored = seen->current();
      if (!stored) return std::unexpected(said(stored.error()));
      auto items = parse(*stored);
      put(items, added);
      auto swapped = atomics::swap(*std::move(seen), wit::bytes(format(items)));
      if (swapped) return items;
      if (auto* failed = std::get_if<atomics::cas_error::store_error>(&swapped.error()))
        return std::unexpected(said(failed->value));
      seen = std::move(std::get_if<atomics::cas_error::cas_failed>(&swapped.error())->value);
    }
    return std::unexpected(error::busy{});
  }

  static std::expected<void, error> clear(std::string cart) {
    auto bucket = store::open("carts");
    if (!bucket) return std::unexpected(said(bucket.error()));
    if (auto gone = bucket->delete_(cart); !gone) return std::unexpected(said(gone.error()));
    return {};
  }
};

EXPORT_EXAMPLE_SHOP_CART(carts)
