// Where the key of a file of secrets comes from.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/secrets/secret_bytes.h"

namespace weft::secrets {

// The variable that is looked at when nothing else is named.
constexpr const char* k_key_variable = "WEFT_SECRETS_KEY";

// At most one is set; none: the variable above, and when that is not set, the terminal.
struct KeySource {
  std::filesystem::path file;
  std::string variable;
  friend auto operator<=>(const KeySource&, const KeySource&) = default;
};

enum class Ask { yes, no };

// The text of the key, without the end of its line. not_found, denied: there is none; says what to
// do. cancelled: Ctrl-C at the terminal.
Result<SecretBytes> read_key(const KeySource& source, const std::filesystem::path& of, Ask ask);
// A line typed at the terminal of this process, which shows nothing of it. not_found: there is no
// terminal.
Result<SecretBytes> ask_secret(std::string_view prompt);
// Everything that standard input brings. exhausted: more than `most` bytes.
Result<SecretBytes> read_input(std::size_t most);
// The same without a newline at its end.
SecretBytes without_newline(SecretBytes text);

}  // namespace weft::secrets
