// A resource of our own, handed out and taken back. `live` counts the objects, so that a leak
// shows.
#include <algorithm>
#include <exports/test/roundtrip/cells.hpp>

namespace {
unsigned live_cells = 0;
}

struct implementation {
  class cell {
   public:
    explicit cell(std::string v) : value(std::move(v)) { ++live_cells; }
    cell(cell&& o) : value(std::move(o.value)) { ++live_cells; }
    ~cell() { --live_cells; }
    std::string get() { return value; }
    std::string replace(std::string v) { return std::exchange(value, std::move(v)); }
    static wit::own<cell> merge(wit::own<cell> a, cell& b) {
      a->value += b.value;
      return a;
    }
    static std::vector<std::string> all(std::vector<wit::own<cell>> cells) {
      std::vector<std::string> values;
      for (auto& c : cells) values.push_back(c->value);
      return values;
    }
    std::string value;
  };

  static std::expected<wit::own<cell>, std::string> maybe(std::optional<wit::own<cell>> c) {
    if (!c) return std::unexpected("no cell");
    return *std::move(c);
  }
  static std::string longest(std::vector<wit::self<cell>> cells) {
    auto size = [](auto& c) { return c->value.size(); };
    return (*std::ranges::max_element(cells, {}, size))->value;
  }
  static std::uint32_t live() { return live_cells; }
};

EXPORT_TEST_ROUNDTRIP_CELLS(implementation)
