// Text of guests and files where a terminal or a reader of JSON takes it.
#pragma once
#include <string>
#include <string_view>

namespace weft {

enum class NewLines { kept, escaped };

// Control codes, C1 included, as \u00xx, a byte that is not UTF-8 as U+FFFD. `quoted`: these ASCII
// characters get a backslash before them.
void append_printable(std::string& out, std::string_view text, NewLines lines,
                      std::string_view quoted = {});
std::string printable(std::string_view text, NewLines lines);

}  // namespace weft
