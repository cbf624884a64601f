// Collects what is not as expected, so that one answer names everything.
#pragma once
#include <weft/http.hpp>

inline std::string failed_checks;
#define CHECK(...) \
  if (!(__VA_ARGS__)) failed_checks += #__VA_ARGS__ "\n"

inline http::response verdict() {
  if (failed_checks.empty()) return {.body = "all equal\n"};
  return {.status = 500, .body = std::move(failed_checks)};
}
