// What a running host answers, as text for people. It may be of another version than this program:
// whatever it says that is not understood is an error, never a guess.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::cli {

// `response`: the JSON of a reply. invalid: it is of another form than this version knows.
Result<std::string> host_id_of(std::string_view response);
Result<std::string> links_text(std::string_view response);
Result<std::string> inventory_text(std::string_view response);

}  // namespace weft::cli
