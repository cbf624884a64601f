#include "contracts/config/wasi_config.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <tuple>
#include <vector>

#include "contracts/image_codec.h"

namespace weft::contracts::config {
namespace {

// The same functions under four names; the error's type has another name in `runtime`, which no
// image shows.
constexpr std::array<std::string_view, 4> k_interfaces = {
    "wasi:config/store@0.2.0-draft", "wasi:config/store@0.2.0-rc.1",
    "wasi:config/store@0.2.0-draft-2024-09-27", "wasi:config/runtime@0.2.0-draft"};

struct Upstream {
  std::string value;
};
struct Io {
  std::string value;
};
using ConfigError = std::variant<Upstream, Io>;

Result<Image> get(const Image& arguments, Guest& guest) {
  TRY(const auto key, decode<std::tuple<std::string_view>>(arguments));
  const auto& config = guest.config();
  const auto found = config.find(std::string(std::get<0>(key)));
  std::optional<std::string_view> value;
  if (found != config.end()) value = found->second;
  return encode(std::tuple(std::expected<std::optional<std::string_view>, ConfigError>(value)));
}

Result<Image> get_all(Guest& guest) {
  std::vector<std::tuple<std::string_view, std::string_view>> pairs;
  for (const auto& [key, value] : guest.config()) pairs.emplace_back(key, value);
  const std::expected<decltype(pairs), ConfigError> result(std::move(pairs));
  return encode(std::forward_as_tuple(result));
}

class WasiConfig final : public HostService {
 public:
  std::span<const std::string_view> interfaces() const override { return k_interfaces; }

  Result<Image> call(const InterfaceName& interface, std::string_view function,
                     const Image& arguments, Guest& guest) const override {
    if (function == "get") return get(arguments, guest);
    if (function == "get-all") return get_all(guest);
    return fail(Errc::invalid, fmt::format("{} has no function '{}'", interface.text(), function));
  }
};

}  // namespace

const HostService& service() {
  static const WasiConfig made;
  return made;
}

}  // namespace weft::contracts::config
