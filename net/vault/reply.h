// What Vault answers, read.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::net::vault {

// A token and how long it holds.
struct Lease {
  std::string token;                 // empty where the reply does not tell it
  std::chrono::seconds duration{0};  // 0: for ever
  bool renewable = false;
};

// The texts of a reply that tells of errors, joined and cut; empty when there are none. They hold
// what Vault says, nothing of the request.
std::string errors_of(std::string_view body);
// Of a login or a renewal. internal: it is not one.
Result<Lease> auth_of(std::string_view body);
// Of a look at the token itself; without the token.
Result<Lease> lookup_of(std::string_view body);
// An object of these texts.
struct Text {
  std::string_view key, value;
};
std::string object_of(std::initializer_list<Text> texts);

}  // namespace weft::net::vault
