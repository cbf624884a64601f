#include "contracts/http_code.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace weft::contracts {
namespace {

constexpr std::array<std::string_view, 40> k_names = {
    "",
    "DNS-timeout",
    "DNS-error",
    "destination-not-found",
    "destination-unavailable",
    "destination-IP-prohibited",
    "destination-IP-unroutable",
    "connection-refused",
    "connection-terminated",
    "connection-timeout",
    "connection-read-timeout",
    "connection-write-timeout",
    "connection-limit-reached",
    "TLS-protocol-error",
    "TLS-certificate-error",
    "TLS-alert-received",
    "HTTP-request-denied",
    "HTTP-request-length-required",
    "HTTP-request-body-size",
    "HTTP-request-method-invalid",
    "HTTP-request-URI-invalid",
    "HTTP-request-URI-too-long",
    "HTTP-request-header-section-size",
    "HTTP-request-header-size",
    "HTTP-request-trailer-section-size",
    "HTTP-request-trailer-size",
    "HTTP-response-incomplete",
    "HTTP-response-header-section-size",
    "HTTP-response-header-size",
    "HTTP-response-body-size",
    "HTTP-response-trailer-section-size",
    "HTTP-response-trailer-size",
    "HTTP-response-transfer-coding",
    "HTTP-response-content-coding",
    "HTTP-response-timeout",
    "HTTP-upgrade-failed",
    "HTTP-protocol-error",
    "loop-detected",
    "configuration-error",
    "internal-error",
};

}  // namespace

std::string_view wit_name(HttpCode code) { return k_names[static_cast<std::size_t>(code)]; }

HttpCode parse_http_code(std::string_view text) {
  const auto name = text.substr(0, text.find('('));
  const auto* found = std::ranges::find(k_names, name);
  return found == k_names.end() ? HttpCode::none : static_cast<HttpCode>(found - k_names.begin());
}

HttpCode http_code(Errc code) {
  switch (code) {
    case Errc::not_found:
      return HttpCode::destination_not_found;
    case Errc::denied:
      return HttpCode::http_request_denied;
    case Errc::unavailable:
      return HttpCode::destination_unavailable;
    case Errc::timed_out:
      return HttpCode::http_response_timeout;
    case Errc::cancelled:
      return HttpCode::connection_terminated;
    case Errc::exhausted:
      return HttpCode::connection_limit_reached;
    case Errc::invalid:
    case Errc::conflict:
    case Errc::trapped:
    case Errc::internal:
      return HttpCode::internal_error;
  }
  return HttpCode::internal_error;
}

}  // namespace weft::contracts
