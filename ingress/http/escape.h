// Text of clients and components inside quotes: in JSON, in a log line, on a terminal.
#pragma once
#include <string>
#include <string_view>

namespace weft::ingress {

// Quotes and backslashes escaped, every byte that is not printable ASCII as \u00xx.
std::string escaped(std::string_view text);

}  // namespace weft::ingress
