// The everyday prices: ten percent off five or more of a kind.
#include <algorithm>
#include <exports/example/shop/pricing.hpp>

using namespace exports::example::shop::pricing;

namespace {
std::vector<product> const shelf = {
    {"mug", "Mug with a woven pattern", 1250, {"kitchen"}, 40},
    {"scarf", "Scarf, merino", 4900, {"warm", "wool"}, 12},
    {"loom", "Table loom", 28900, {"tools"}, std::nullopt},
    {"yarn", "Ball of yarn", 690, {"tools", "wool"}, 500},
};
}  // namespace

struct prices {
  static std::vector<product> catalogue() { return shelf; }

  static std::expected<quote, error> price(std::vector<item> items) {
    quote result;
    for (auto& wanted : items) {
      auto found = std::ranges::find(shelf, wanted.product, &product::id);
      if (found == shelf.end()) return std::unexpected(error::unknown_product{wanted.product});
      if (found->stock && *found->stock < wanted.quantity)
        return std::unexpected(error::not_enough{{wanted, *found->stock}});
      std::uint32_t total = found->price * wanted.quantity;
      discount reduced = discount::nothing{};
      if (wanted.quantity >= 5) {
        reduced = discount::quantity{10};
        total -= total / 10;
      }
      result.total += total;
      result.lines.push_back({std::move(wanted), found->name, std::move(reduced), total});
    }
    return result;
  }
};

EXPORT_EXAMPLE_SHOP_PRICING(prices)
