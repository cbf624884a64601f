// Why an HTTP request has no response, as wasi:http 0.2 names it: what a guest is told of it.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace weft::contracts {

// The cases of wasi:http/types.error-code, in their order.
enum class HttpCode : std::uint8_t {
  none,
  dns_timeout,
  dns_error,
  destination_not_found,
  destination_unavailable,
  destination_ip_prohibited,
  destination_ip_unroutable,
  connection_refused,
  connection_terminated,
  connection_timeout,
  connection_read_timeout,
  connection_write_timeout,
  connection_limit_reached,
  tls_protocol_error,
  tls_certificate_error,
  tls_alert_received,
  http_request_denied,
  http_request_length_required,
  http_request_body_size,
  http_request_method_invalid,
  http_request_uri_invalid,
  http_request_uri_too_long,
  http_request_header_section_size,
  http_request_header_size,
  http_request_trailer_section_size,
  http_request_trailer_size,
  http_response_incomplete,
  http_response_header_section_size,
  http_response_header_size,
  http_response_body_size,
  http_response_trailer_section_size,
  http_response_trailer_size,
  http_response_transfer_coding,
  http_response_content_coding,
  http_response_timeout,
  http_upgrade_failed,
  http_protocol_error,
  loop_detected,
  configuration_error,
  internal_error,
};

// Its name in WIT: "DNS-timeout"; empty for none.
std::string_view wit_name(HttpCode code);
// The code of that name, whatever payload stands behind it: `internal-error("no stock")`. none when
// there is no such code.
HttpCode parse_http_code(std::string_view text);
// What a guest is told of a call that failed without a code of its own.
HttpCode http_code(Errc code);

}  // namespace weft::contracts
