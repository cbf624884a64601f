#include "base/suggest.h"

#include <algorithm>
#include <string>
#include <vector>

namespace weft {
namespace {

// Longer words are no misspellings of anything, and the distance costs the product of the lengths.
constexpr std::size_t k_longest = 100;

std::string folded(std::string_view word) {
  std::string made(word);
  for (char& c : made) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return made;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> known) {
  if (word.empty() || word.size() > k_longest) return std::nullopt;
  const auto wanted = folded(word);
  std::optional<std::string_view> best;
  std::size_t best_distance = 0;
  for (const auto candidate : known) {
    if (candidate.size() > k_longest) continue;
    const auto distance = edit_distance(wanted, folded(candidate));
    const auto most = std::max<std::size_t>(1, std::min(word.size(), candidate.size()) / 3);
    if (distance > most || (best && distance >= best_distance)) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace weft
