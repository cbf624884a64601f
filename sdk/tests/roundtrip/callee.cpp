// Answers everything with what it was given.
#include <exports/test/roundtrip/echo.hpp>

using namespace exports::test::roundtrip::echo;

struct implementation {
  static auto ints(auto... v) { return std::tuple{v...}; }
  static auto floats(auto... v) { return std::tuple{v...}; }
  static std::string text(std::string a) { return a; }
  static std::vector<point> points(std::vector<point> a) { return a; }
  static shape shapes(shape a) { return a; }
  static mixed mixes(mixed a) { return a; }
  static big bigs(big a, big b) {
    a.b += b.b;
    return a;
  }
  static std::uint64_t seventeen(auto... v) { return (std::uint64_t{0} + ... + v); }
  static names entries(names a) { return a; }
  static std::vector<bool> bools(std::vector<bool> a) { return a; }
  static std::vector<char32_t> letters(std::vector<char32_t> a) { return a; }
  static std::vector<color> colors(std::vector<color> a) { return a; }
  static std::vector<double> doubles(std::vector<double> a) { return a; }
  static auto lists(std::vector<std::vector<std::vector<std::uint32_t>>> a) { return a; }
  static auto optional(std::optional<std::optional<std::string>> a) { return a; }
  static auto number(std::optional<std::uint64_t> a) { return a; }
  static auto fallible(std::expected<std::string, std::uint32_t> a) { return a; }
  static auto neither(std::expected<void, wit::unit> a) { return a; }
  static auto only_error(std::expected<void, std::string> a) { return a; }
  static auto only_value(std::expected<std::uint8_t, wit::unit> a) { return a; }
  static perms perm(perms a) { return a; }
  static nine nines(nine a) { return a; }
  static many manies(many a) { return a; }
  static color col(color a) { return a; }
  static void nothing() {}
  static std::int64_t sixtyfour(std::int64_t a) { return a; }
  static double single(double a) { return a; }
};

EXPORT_TEST_ROUNDTRIP_ECHO(implementation)
