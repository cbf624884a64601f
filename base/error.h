// What can go wrong, as a closed list, and the sentence that tells a person about it.
#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace weft {

// Mapped once each to HTTP status, WIT error and exit code; keep it closed and short.
enum class Errc {
  not_found,    // the thing asked for does not exist
  invalid,      // the input is wrong: a manifest, a component, an argument
  denied,       // no grant allows it
  unavailable,  // cannot be served now, may be tried again
  timed_out,    // a deadline passed
  cancelled,    // the caller went away or asked to stop
  exhausted,    // a limit was exceeded
  conflict,     // somebody else holds it or changed it
  trapped,      // a guest did what WebAssembly or its contract forbids
  internal,     // a defect of ours
};

// The enumerator's name, for logs and JSON.
std::string_view name(Errc code);

struct Error {
  Errc code = Errc::internal;
  std::string message;

  // Puts `where` and a colon in front of the message: "starting shop/cart: no such file".
  Error context(std::string_view where) &&;
  friend bool operator==(const Error&, const Error&) = default;
};

}  // namespace weft
