#include "base/error.h"

namespace weft {

std::string_view name(Errc code) {
  switch (code) {
    case Errc::not_found:
      return "not_found";
    case Errc::invalid:
      return "invalid";
    case Errc::denied:
      return "denied";
    case Errc::unavailable:
      return "unavailable";
    case Errc::timed_out:
      return "timed_out";
    case Errc::cancelled:
      return "cancelled";
    case Errc::exhausted:
      return "exhausted";
    case Errc::conflict:
      return "conflict";
    case Errc::trapped:
      return "trapped";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

Error Error::context(std::string_view where) && {
  std::string text(where);
  text.append(": ").append(message);
  return {code, std::move(text)};
}

}  // namespace weft
