// Uses resources that another component implements: answers "all equal", or 500 and what differs.
#include <test/roundtrip/cells.hpp>
#include <weft/http.hpp>

#include "check.hpp"

namespace cells = test::roundtrip::cells;
using namespace std::literals;

http::response http::handle(http::request) {
  {
    cells::cell one("one"), two("two");
    CHECK(one.replace("1") == "one" && one.get() == "1");
    wit::borrow<cells::cell> const lent[] = {one, two};
    CHECK(cells::longest(lent) == "two");
    auto both = cells::cell::merge(std::move(one), two);
    CHECK(both.get() == "1two" && cells::live() == 2);
    auto kept = cells::maybe(std::move(both));
    CHECK(kept && kept->get() == "1two");
    CHECK(cells::maybe(std::nullopt).error() == "no cell");
    std::vector<cells::cell> list;
    list.push_back(*std::move(kept));
    list.push_back(cells::cell("three"));
    CHECK(cells::cell::all(list) == std::vector{"1two"s, "three"s});
    CHECK(cells::live() == 1);
  }
  CHECK(cells::live() == 0);
  return verdict();
}

EXPORT_HTTP_HANDLER
