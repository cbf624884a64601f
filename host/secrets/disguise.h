// Names for texts that may hold passwords.
#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace weft::secrets {

// The same text has the same name as long as this lives, other texts have others. Nobody can tell
// from a name what the text is, not even by trying: the key is made anew for each of these. Any
// thread.
class Disguise {
 public:
  explicit Disguise(Random& random);
  // 32 hexadecimal digits.
  std::string operator()(std::string_view text) const;

 private:
  std::array<std::byte, 32> key_{};
};

}  // namespace weft::secrets
