// Small readers of HTTP's grammar (RFC 9110 section 5, RFC 9112 section 3).
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/http_message.h"

namespace weft::net {

// Equal but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);
// Whether a comma-separated list contains `word`, parameters ignored.
bool lists_word(std::string_view list, std::string_view word);
// Digits only, at most 18 of them: nothing signed, spaced or hexadecimal.
std::optional<std::uint64_t> parse_decimal(std::string_view text);
// 1*tchar.
bool is_token(std::string_view text);
// No control character but a tab.
bool is_field_value(std::string_view text);
// host [ ":" port ], not empty; what a URI's authority may consist of, without user information.
bool is_authority(std::string_view text);
// "Example.COM:8080" is "Example.COM", "[::1]:80" is "[::1]".
std::string_view host_of(std::string_view authority);
// Brings an absolute-form target into origin form, its authority replacing Host, and refuses the
// rest.
std::optional<HttpRefusal> check_target(HttpHead& head);
// Fields of one connection, not of the message: never handed on in either direction.
bool is_hop_by_hop(std::string_view name);
// Whether a field may stand behind a body: none that frames, routes or authorizes the message, or
// says how to read it (RFC 9110 6.5.1).
bool may_be_trailer(std::string_view name);
// The reason phrase that goes with a status.
std::string_view reason(std::uint16_t status);

}  // namespace weft::net
