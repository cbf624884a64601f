#include "contracts/logging/wasi_logging.h"

#include <fmt/format.h>

#include <array>
#include <tuple>

#include "contracts/image_codec.h"

namespace weft::contracts {
namespace logging {
enum class Level : std::uint8_t { trace, debug, info, warn, error, critical };
}
template <>
inline constexpr std::size_t k_enum_cases<logging::Level> = 6;

namespace logging {
namespace {

constexpr std::array<std::string_view, 2> k_interfaces = {"wasi:logging/logging@0.1.0-draft",
                                                          "wasi:logging/logging"};

LogLevel log_level(Level level) {
  switch (level) {
    case Level::trace:
      return LogLevel::trace;
    case Level::debug:
      return LogLevel::debug;
    case Level::info:
      return LogLevel::info;
    case Level::warn:
      return LogLevel::warn;
    case Level::error:
    case Level::critical:
      return LogLevel::error;
  }
  return LogLevel::error;
}

class WasiLogging final : public HostService {
 public:
  std::span<const std::string_view> interfaces() const override { return k_interfaces; }

  Result<Image> call(const InterfaceName& interface, std::string_view function,
                     const Image& arguments, Guest& guest) const override {
    if (function != "log") {
      return fail(Errc::invalid,
                  fmt::format("{} has no function '{}'", interface.text(), function));
    }
    TRY(const auto line, decode<std::tuple<Level, std::string_view, std::string_view>>(arguments));
    const auto& [level, context, message] = line;
    guest.log(log_level(level), context, message);
    return Image();
  }
};

}  // namespace

const HostService& service() {
  static const WasiLogging made;
  return made;
}

}  // namespace logging
}  // namespace weft::contracts
