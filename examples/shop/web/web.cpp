// The shop's pages, in plain text. What things cost and what is in a cart is asked of others, over
// links.
#include <charconv>
#include <example/shop/cart.hpp>
#include <example/shop/pricing.hpp>
#include <weft/http.hpp>

namespace cart = example::shop::cart;
namespace pricing = example::shop::pricing;
using example::shop::types::item;

namespace {

http::response answer(std::uint16_t status, std::string text) {
  return {.status = status,
          .headers = {{"content-type", "text/plain; charset=utf-8"}},
          .body = std::move(text)};
}

std::string money(std::uint32_t cents) {
  auto rest = cents % 100;
  return std::to_string(cents / 100) + (rest < 10 ? ".0" : ".") + std::to_string(rest);
}

http::response welcome(http::request const& request) {
  auto shop = "http://" + request.authority();
  return answer(200,
                "Welcome to the shop.\n\n"
                "  curl " +
                    shop +
                    "/catalogue\n"
                    "  curl -d 'product=mug&quantity=2' " +
                    shop +
                    "/cart/ada/items\n"
                    "  curl " +
                    shop +
                    "/cart/ada\n"
                    "  curl -X DELETE " +
                    shop + "/cart/ada\n");
}

http::response catalogue() {
  std::string text;
  for (auto& product : pricing::catalogue()) {
    text += product.id + "\t" + money(product.price) + "\t" + product.name;
    text += product.stock ? " (" + std::to_string(*product.stock) + " left)" : " (made to order)";
    for (auto& tag : product.tags) text += " #" + tag;
    text += "\n";
  }
  return answer(200, text);
}

std::string because(pricing::discount const& discount) {
  using is = pricing::discount;
  if (auto* many = std::get_if<is::quantity>(&discount))
    return "  (" + std::to_string(many->value) + " % off for that many)";
  if (auto* sale = std::get_if<is::sale>(&discount)) {
    auto& [percent, occasion] = sale->value;
    return "  (" + std::to_string(percent) + " % off: " + occasion + ")";
  }
  return "";
}

http::response priced(std::uint16_t status, std::vector<item> const& items) {
  if (items.empty()) return answer(status, "The cart is empty.\n");
  auto quote = pricing::price(items);
  if (!quote) {
    if (auto* unknown = std::get_if<pricing::error::unknown_product>(&quote.error()))
      return answer(404,
                    "The cart holds something that is not sold here: " + unknown->value + "\n");
    auto& [wanted, left] = std::get_if<pricing::error::not_enough>(&quote.error())->value;
    return answer(409, "The cart holds " + std::to_string(wanted.quantity) + " of " +
                           wanted.product + ", but only " + std::to_string(left) + " are left.\n");
  }
  std::string text;
  for (auto& line : quote->lines)
    text += std::to_string(line.item.quantity) + " x " + line.name + "\t" + money(line.total) +
            because(line.discount) + "\n";
  return answer(status, text + "Total\t" + money(quote->total) + "\n");
}

http::response trouble(cart::error const& error) {
  if (std::holds_alternative<cart::error::nothing_to_add>(error))
    return answer(400, "A quantity is at least 1.\n");
  if (auto* store = std::get_if<cart::error::store>(&error))
    return answer(503, "No carts now: " + store->value + "\n");
  return answer(503, "The cart is being changed by others. Try again.\n");
}

// The value of a field in a form such as a=1&b=2. Names of products need no decoding.
std::string field(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    auto pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    auto equals = pair.find('=');
    if (equals != pair.npos && pair.substr(0, equals) == name)
      return std::string(pair.substr(equals + 1));
  }
  return "";
}

http::response add(std::string const& id, std::string_view form) {
  item wanted{.product = field(form, "product"), .quantity = 1};
  auto quantity = field(form, "quantity");
  auto* end = quantity.data() + quantity.size();
  if (!quantity.empty() && std::from_chars(quantity.data(), end, wanted.quantity).ptr != end)
    return answer(400, "A quantity is a number, not '" + quantity + "'.\n");
  // Asked before the cart changes, so that nothing gets in that cannot be priced.
  if (wanted.quantity)
    if (auto sold = pricing::price(std::span(&wanted, 1)); !sold) return priced(409, {wanted});
  auto items = cart::add(id, wanted);
  return items ? priced(201, *items) : trouble(items.error());
}

http::response show(std::string const& id) {
  auto items = cart::items(id);
  return items ? priced(200, *items) : trouble(items.error());
}

http::response clear(std::string const& id) {
  auto cleared = cart::clear(id);
  return cleared ? answer(200, "The cart is empty.\n") : trouble(cleared.error());
}

}  // namespace

http::response http::handle(http::request request) {
  auto method = request.method(), path = request.path();
  if (path == "/" && method == "GET") return welcome(request);
  if (path == "/catalogue" && method == "GET") return ::catalogue();
  constexpr std::string_view prefix = "/cart/", suffix = "/items";
  if (path.starts_with(prefix) && path.size() > prefix.size()) {
    auto id = path.substr(prefix.size());
    if (method == "POST" && id.ends_with(suffix) && id.size() > suffix.size())
      return add(id.substr(0, id.size() - suffix.size()), request.text());
    if (id.find('/') == id.npos && method == "GET") return show(id);
    if (id.find('/') == id.npos && method == "DELETE") return clear(id);
  }
  return answer(404, "There is no " + method + " " + path + " here. See /\n");
}

EXPORT_HTTP_HANDLER
