// "Did you mean …?": finds the word that a misspelt one was likely meant to be.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace weft {

// Single-letter edits (insert, delete, replace, swap of neighbours) that turn one word into the
// other; case counts.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The known word nearest to `word`, if it is near enough to be a misspelling; of two equally near
// ones the first. Case, '-' and '_' do not count. The view is one of `known`.
std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> known);

}  // namespace weft
