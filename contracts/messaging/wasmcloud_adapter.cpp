#include "contracts/messaging/wasmcloud_adapter.h"

#include <fmt/format.h>

#include <tuple>

#include "contracts/messaging/types.h"

namespace weft::contracts::messaging {
namespace {

template <class T>
using PublicResult = std::expected<T, std::string>;

std::string text_of_error(BrokerError error) {
  return std::visit(
      []<class X>(X& chosen) -> std::string {
        if constexpr (std::same_as<X, AccessDenied>) {
          return "this component may not send that message";
        } else if constexpr (std::same_as<X, Unsupported>) {
          return "the provider does not support this: " + chosen.value;
        } else {
          return std::move(chosen.value);
        }
      },
      error);
}

// A call that failed on its way. Defects and the end of the call stay errors; the guest can do
// something about others.
Result<std::string> text_of_error(const Error& error) {
  if (error.code == Errc::cancelled || error.code == Errc::internal) return std::unexpected(error);
  return error.message;
}

template <class T>
Result<Image> translate(Result<Image> flat) {
  PublicResult<T> shown;
  if (!flat) {
    TRY(std::string text, text_of_error(flat.error()));
    shown = std::unexpected(std::move(text));
    return encode(std::forward_as_tuple(shown));
  }
  TRY(auto decoded, decode<std::tuple<std::expected<T, BrokerError>>>(*flat));
  auto& value = std::get<0>(decoded);
  if (!value) {
    shown = std::unexpected(text_of_error(std::move(value).error()));
  } else if constexpr (!std::is_void_v<T>) {
    return flat;  // results that carry a message are the same image
  }
  return encode(std::forward_as_tuple(shown));
}

template <class... A>
Result<std::variant<Image, FlatCall>> forward(std::string_view function, const Image& arguments) {
  TRY(const auto decoded, decode<std::tuple<A...>>(arguments));
  return FlatCall{k_interface, function, encode(decoded)};
}

class WasmcloudAdapter final : public Adapter {
 public:
  std::span<const InterfaceName> interfaces() const override { return interfaces_; }
  std::string_view flat() const override { return k_interface; }
  std::span<const std::string_view> resources(const InterfaceName& /*interface*/) const override {
    return {};
  }

  Result<std::variant<Image, FlatCall>> call(const InterfaceName& interface,
                                             std::string_view function, const Image& arguments,
                                             Handles& /*handles*/) const override {
    if (function == "publish") return forward<Message>("publish", arguments);
    if (function == "request")
      return forward<std::string_view, Bytes, std::uint32_t>("request", arguments);
    return unknown(interface, function);
  }

  Result<Image> reply(const InterfaceName& interface, std::string_view function, Result<Image> flat,
                      Handles& /*handles*/) const override {
    if (function == "publish") return translate<void>(std::move(flat));
    if (function == "request") return translate<Message>(std::move(flat));
    return unknown(interface, function);
  }

 private:
  static std::unexpected<Error> unknown(const InterfaceName& interface, std::string_view function) {
    return fail(Errc::invalid, fmt::format("{} has no function '{}'", interface.text(), function));
  }

  const std::vector<InterfaceName> interfaces_{{"wasmcloud", "messaging", "consumer", "0.2.0"}};
};

}  // namespace

std::unique_ptr<Adapter> wasmcloud_adapter() { return std::make_unique<WasmcloudAdapter>(); }

}  // namespace weft::contracts::messaging
