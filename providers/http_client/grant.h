// What one link allows: the settings of weft:http-client, read and asked.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "contracts/provider.h"
#include "net/address_range.h"
#include "net/tls.h"

namespace weft::providers::http_client {

struct Target {
  std::string_view scheme;  // "http", "https"
  std::string host;         // in lower case; an address without brackets
  std::uint16_t port = 0;
  // Of a request's scheme and authority. Nothing when they are none.
  static std::optional<Target> of(std::string_view scheme, std::string_view authority);
};

// Or why there can be no https.
using MaybeTls = Result<std::shared_ptr<const net::TlsClient>>;

struct Grant {
  std::vector<std::string> hosts;           // "example.com", "*.example.com"; empty: all
  std::vector<std::uint16_t> ports;         // empty: all
  std::vector<std::string> schemes;         // empty: both
  bool allow_private = false;               // all of them
  std::vector<net::AddressRange> privates;  // else these
  std::string ca_file;                      // empty: the system's certificates
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds keep{60'000};  // connections that are not used
  std::size_t connections = 1024;          // at once, on each thread

  // invalid: the key, and what it takes.
  static Result<Grant> parse(const contracts::Settings& settings);
  // The key whose value does not allow the target; empty when all do.
  std::string_view refuses(const Target& target) const;
  // What the address is when it may not be asked: private, of this machine…; empty when it may.
  std::string_view refuses(const boost::asio::ip::address& address) const;
};

}  // namespace weft::providers::http_client
