// Sends every kind of type to the callee and compares what comes back: answers "all equal", or 500
// and what differs.
#include <test/roundtrip/echo.hpp>
#include <weft/http.hpp>

#include "check.hpp"

namespace echo = test::roundtrip::echo;
using namespace std::literals;

namespace {

bool same(echo::point const& a, echo::point const& b) {
  return a.x == b.x && a.y == b.y && a.name == b.name && a.tags == b.tags && a.tint == b.tint;
}

// Cases without a value, and values that can be compared.
template <class C>
bool same_value(C const& a, C const& b) {
  if constexpr (!requires { a.value; })
    return true;
  else if constexpr (std::same_as<decltype(a.value), std::vector<echo::point>>)
    return std::ranges::equal(a.value, b.value, [](auto& x, auto& y) { return same(x, y); });
  else
    return a.value == b.value;
}
template <class... C>
bool same_case(std::variant<C...> const& a, std::variant<C...> const& b) {
  auto same = [&]<class T>(T const& value) {
    auto* other = std::get_if<T>(&b);
    return other && same_value(value, *other);
  };
  return ((std::holds_alternative<C>(a) && same(*std::get_if<C>(&a))) || ...);
}
bool same(echo::shape const& a, echo::shape const& b) { return same_case(a, b); }
bool same(echo::mixed const& a, echo::mixed const& b) { return same_case(a, b); }

std::vector<echo::point> const points = {{-5, 1.5, "one", {"a", "", "ccc"}, echo::color::blue},
                                         {127, -0.25, "", {}, {}}};
using s = echo::shape;
using inner = std::expected<std::uint16_t, std::string>;
s const shapes[] = {s::empty{},
                    s::circle{1.5f},
                    s::box{{7, 1ull << 40}},
                    s::many{points},
                    s::text{"t"},
                    s::nested{},
                    s::nested{inner(9)},
                    s::nested{inner(std::unexpected("bad"))}};

void scalars() {
  CHECK(echo::ints(255, -128, 65535, -32768, 4000000000u, -2000000000, ~0ull, INT64_MIN) ==
        std::tuple<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                   std::int32_t, std::uint64_t, std::int64_t>(255, -128, 65535, -32768, 4000000000u,
                                                              -2000000000, ~0ull, INT64_MIN));
  CHECK(echo::floats(1.5f, -2.25, true, U'\u20ac') == std::tuple(1.5f, -2.25, true, U'\u20ac'));
  CHECK(echo::sixtyfour(-1) == -1);
  CHECK(echo::single(0.1) == 0.1);
  CHECK(echo::seventeen(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1ull << 40) ==
        136 + (1ull << 40));
  echo::nothing();
}

void enums_and_flags() {
  using echo::many, echo::nine, echo::perms;
  CHECK(echo::perm(perms::write) == perms::write);
  CHECK(echo::perm(perms::none) == perms::none);
  CHECK(echo::nines(nine::a0 | nine::a8) == (nine::a0 | nine::a8));
  CHECK(echo::manies(many::b0 | many::b31) == (many::b0 | many::b31));
  CHECK(echo::col(echo::color::green) == echo::color::green);
}

void texts_and_lists() {
  CHECK(echo::text("") == "");
  CHECK(echo::text("hello") == "hello");
  CHECK(echo::text(std::string(100000, 'x')).size() == 100000);
  std::uint8_t const raw[] = {0, 255};
  std::tuple<std::string_view, std::span<std::uint8_t const>> const names[] = {{"k", raw},
                                                                               {"", {}}};
  auto entries = echo::entries(names);
  CHECK(entries.size() == 2 && std::get<0>(entries[0]) == "k" &&
        std::get<1>(entries[0]) == std::vector<std::uint8_t>{0, 255});
  CHECK(entries.size() == 2 && std::get<1>(entries[1]).empty());
  std::vector<bool> const bools{true, false, true, true, false};
  CHECK(echo::bools(bools) == bools);
  char32_t const letters[] = {U'a', U'\U0001f600'};
  CHECK(std::ranges::equal(echo::letters(letters), letters));
  echo::color const colors[] = {echo::color::blue, echo::color::red};
  CHECK(std::ranges::equal(echo::colors(colors), colors));
  double const doubles[] = {0.1, -1e300};
  CHECK(std::ranges::equal(echo::doubles(doubles), doubles));
  std::uint32_t const few[] = {1, 2};
  std::span<std::uint32_t const> const rows[] = {few, {}};
  std::span<std::span<std::uint32_t const> const> const pages[] = {rows, {}};
  CHECK(echo::lists(pages) ==
        std::vector<std::vector<std::vector<std::uint32_t>>>{{{1, 2}, {}}, {}});
}

void options_and_results() {
  CHECK(echo::optional(std::nullopt) == std::nullopt);
  auto some_none = echo::optional(std::optional<std::string_view>{});
  CHECK(some_none && !*some_none);
  CHECK(echo::optional(std::optional<std::string_view>{"x"}).value() == "x");
  CHECK(echo::number(~0ull) == ~0ull);
  CHECK(echo::number(std::nullopt) == std::nullopt);
  CHECK(echo::fallible("ok") == "ok"s);
  CHECK(echo::fallible(std::unexpected(3000000000u)).error() == 3000000000u);
  CHECK(echo::neither({}).has_value());
  CHECK(!echo::neither(std::unexpected(wit::unit{})).has_value());
  CHECK(echo::only_error({}).has_value());
  CHECK(echo::only_error(std::unexpected("bad"sv)).error() == "bad");
  CHECK(echo::only_value(7) == 7);
  CHECK(!echo::only_value(std::unexpected(wit::unit{})).has_value());
}

void records_and_variants() {
  auto back = echo::points(points);
  CHECK(back.size() == 2 && same(back[0], points[0]) && same(back[1], points[1]));
  for (auto& shape : shapes) CHECK(same(echo::shapes(shape), shape));
  using m = echo::mixed;
  m const mixes[] = {m::int_{~0u}, m::long_{-1},         m::single{-1.5f}, m::double_{1e300},
                     m::text{"t"}, m::letter{U'\u20ac'}, m::flag{true}};
  for (auto& mixed : mixes) CHECK(same(echo::mixes(mixed), mixed));
  echo::big big{1ull << 60,
                "b",
                {1, 2, 65535},
                "d",
                0.5f,
                -1e300,
                true,
                U'\U0001f600',
                -7,
                shapes[3],
                echo::perms::read | echo::perms::exec};
  auto big2 = echo::bigs(big, big);
  CHECK(big2.a == big.a && big2.b == "bb" && big2.c == big.c && big2.d == big.d && big2.e == big.e);
  CHECK(big2.f == big.f && big2.g && big2.h == big.h && big2.i == -7 && same(big2.j, big.j) &&
        big2.k == big.k);
}

}  // namespace

http::response http::handle(http::request) {
  scalars();
  enums_and_flags();
  texts_and_lists();
  options_and_results();
  records_and_variants();
  return verdict();
}

EXPORT_HTTP_HANDLER
