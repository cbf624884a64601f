#include "contracts/interface_name.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace weft::contracts {
namespace {

using Numbers = std::array<std::uint64_t, 3>;

// The three numbers of a release version; nothing for prereleases, build tags and anything else.
std::optional<Numbers> release(std::string_view version) {
  Numbers numbers{};
  const char* at = version.data();
  const char* const end = at + version.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) {
      if (at == end || *at != '.') return std::nullopt;
      ++at;
    }
    const auto [next, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc{}) return std::nullopt;
    at = next;
  }
  return at == end ? std::optional(numbers) : std::nullopt;
}

bool is_word(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool ok =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!ok) return false;
  }
  return true;
}

}  // namespace

Result<InterfaceName> InterfaceName::parse(std::string_view text) {
  const auto wrong = [text](std::string_view what) {
    return fail(Errc::invalid,
                "'" + std::string(text) +
                    "' is not namespace:package/interface[@version]: " + std::string(what));
  };
  const auto colon = text.find(':');
  if (colon == text.npos) return wrong("there is no ':'");
  const auto slash = text.find('/', colon);
  if (slash == text.npos) return wrong("there is no '/'");
  const auto at = text.find('@', slash);
  InterfaceName made;
  made.ns = text.substr(0, colon);
  made.package = text.substr(colon + 1, slash - colon - 1);
  made.interface = text.substr(slash + 1, at == text.npos ? at : at - slash - 1);
  if (at != text.npos) made.version = text.substr(at + 1);
  if (!is_word(made.ns)) return wrong("the namespace is not a word");
  if (!is_word(made.package)) return wrong("the package is not a word");
  if (!is_word(made.interface)) return wrong("the interface is not a word");
  if (at != text.npos && made.version.empty()) return wrong("nothing follows the '@'");
  return made;
}

std::string InterfaceName::unversioned() const { return ns + ":" + package + "/" + interface; }

std::string InterfaceName::text() const {
  return version.empty() ? unversioned() : unversioned() + "@" + version;
}

Match match_versions(std::string_view wanted, std::string_view offered) {
  if (wanted == offered) return Match::yes;
  const auto a = release(wanted);
  const auto b = release(offered);
  if (!a || !b || (*a)[0] != (*b)[0]) return Match::no;
  if ((*a)[0] > 0) return Match::yes;
  if ((*a)[1] != (*b)[1]) return Match::no;
  return (*a)[1] > 0 || (*a)[2] == (*b)[2] ? Match::yes : Match::no;
}

}  // namespace weft::contracts
