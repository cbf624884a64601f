// The values of weft:messaging/broker@0.1.0 in C++. What they mean stands in
// contracts/wit/weft-messaging/broker.wit.
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "contracts/image_codec.h"

namespace weft::contracts::messaging {

inline constexpr std::string_view k_interface = "weft:messaging/broker@0.1.0";
// What guests may import from whoever serves that, through the adapter.
inline constexpr std::array<std::string_view, 1> k_served = {"wasmcloud:messaging/consumer@0.2.0"};
// What providers call in components.
inline constexpr std::string_view k_handler = "wasmcloud:messaging/handler@0.2.0";
inline constexpr std::array<std::string_view, 1> k_called = {k_handler};

using Bytes = std::span<const std::byte>;

// Also the `broker-message` of wasmcloud:messaging. In an image its views live as long as it does.
struct Message {
  std::string_view subject;
  Bytes body;
  std::optional<std::string_view> reply_to;
};

struct AccessDenied {};
struct Other {
  std::string value;
};
struct Unsupported {
  std::string value;
};
struct Full {
  std::string value;
};
struct Nobody {
  std::string value;
};
// In the order of the WIT.
using BrokerError = std::variant<AccessDenied, Other, Unsupported, Full, Nobody>;

}  // namespace weft::contracts::messaging

namespace weft::contracts {

template <>
struct Layout<messaging::Message>
    : Record<messaging::Message, &messaging::Message::subject, &messaging::Message::body,
             &messaging::Message::reply_to> {};

}  // namespace weft::contracts
