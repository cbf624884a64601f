#include "contracts/secrets/wasmcloud_secrets.h"

#include <fmt/format.h>

#include <array>
#include <tuple>
#include <variant>

#include "base/bytes.h"
#include "contracts/image_codec.h"

namespace weft::contracts::secrets {
namespace {

constexpr std::array<std::string_view, 2> k_interfaces = {"wasmcloud:secrets/store@0.1.0-draft",
                                                          "wasmcloud:secrets/reveal@0.1.0-draft"};

struct Upstream {
  std::string value;
};
struct Io {
  std::string value;
};
struct NotFound {};
using SecretsError = std::variant<Upstream, Io, NotFound>;

struct TextValue {
  std::string_view value;
};
struct BytesValue {
  std::span<const std::byte> value;
};
using SecretValue = std::variant<TextValue, BytesValue>;

Result<Image> get(const Image& arguments, Guest& guest) {
  TRY(const auto key, decode<std::tuple<std::string_view>>(arguments));
  using Got = std::expected<std::uint32_t, SecretsError>;
  if (guest.find_secret(std::get<0>(key)) == nullptr)
    return encode(std::tuple<Got>(std::unexpected(NotFound{})));
  // The letter tells it from handles of other interfaces, whatever number a guest makes up.
  TRY(const std::uint32_t rep, guest.handles().add(fmt::format("s{}", std::get<0>(key))));
  return encode(std::tuple<Got>(rep));
}

Result<Image> reveal(const Image& arguments, Guest& guest) {
  TRY(const auto handle, decode<std::tuple<std::uint32_t>>(arguments));
  const auto rep = std::get<0>(handle);
  TRY(const std::string_view name, guest.handles().find(rep));
  const auto* secret = name.starts_with('s') ? guest.find_secret(name.substr(1)) : nullptr;
  if (secret == nullptr) return fail(Errc::invalid, fmt::format("handle {} is no secret", rep));
  SecretValue value = BytesValue{secret->bytes};
  if (secret->kind == SecretKind::text) value = TextValue{text_of(secret->bytes)};
  return encode(std::forward_as_tuple(value));
}

class WasmcloudSecrets final : public HostService {
 public:
  std::span<const std::string_view> interfaces() const override { return k_interfaces; }

  Result<Image> call(const InterfaceName& interface, std::string_view function,
                     const Image& arguments, Guest& guest) const override {
    if (interface.interface == "store" && function == "get") return get(arguments, guest);
    if (interface.interface == "reveal" && function == "reveal") return reveal(arguments, guest);
    return fail(Errc::invalid, fmt::format("{} has no function '{}'", interface.text(), function));
  }
};

}  // namespace

const HostService& service() {
  static const WasmcloudSecrets made;
  return made;
}

}  // namespace weft::contracts::secrets
