// One line for each request that was answered, or could not be.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "contracts/context.h"

namespace weft::ingress {

// Views: valid during the call that passes it.
struct AccessEntry {
  std::string_view remote;
  std::string_view method;  // empty when not even the request line was understood
  std::string_view host;
  std::string_view target;
  std::string_view version;    // "HTTP/1.1"; empty when it did not arrive
  std::string_view component;  // empty when nothing was routed to
  std::uint16_t status = 0;    // 0: the client left before there was an answer
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::chrono::nanoseconds took{};
  contracts::RequestId request = 0;
};

// Thread-safe.
class AccessLog {
 public:
  virtual ~AccessLog() = default;
  virtual void write(const AccessEntry& entry) = 0;
};

enum class AccessFormat { text, json };

// "text" or "json".
std::optional<AccessFormat> access_format(std::string_view text);

// Formats lines, which contain no control characters whatever the client sent, and gives them to
// `write` whole, with a newline. `write` must be thread-safe.
class LineAccessLog final : public AccessLog {
 public:
  using Write = std::function<void(std::string_view line)>;
  LineAccessLog(AccessFormat format, const Clock& clock, Write write);
  void write(const AccessEntry& entry) override;

 private:
  const AccessFormat format_;
  const Clock& clock_;
  const Write write_;
};

}  // namespace weft::ingress
