// W3C trace context: which trace a call belongs to and which span is its parent.
// Source: https://www.w3.org/TR/trace-context/ version 00.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace weft {

struct TraceContext {
  std::array<std::uint8_t, 16> trace{};
  std::array<std::uint8_t, 8> span{};
  bool sampled = false;

  // Lower-case hex, 32 and 16 digits.
  std::string trace_text() const;
  std::string span_text() const;
  // The value of a `traceparent` header, 55 characters.
  std::string header() const;
  // A span of its own within the same trace.
  TraceContext child(Random& random) const;

  static TraceContext make(Random& random);
  // Nothing if the text is not a valid `traceparent`; unknown later versions are read as version
  // 00.
  static std::optional<TraceContext> parse(std::string_view traceparent);

  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

}  // namespace weft
