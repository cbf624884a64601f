#include "ingress/http/access_log.h"

#include <fmt/format.h>

#include <ctime>
#include <iterator>
#include <utility>

#include "ingress/http/escape.h"

namespace weft::ingress {
namespace {

std::string time_text(WallTime at, const char* form) {
  const auto seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, form, &parts)};
}

}  // namespace

std::optional<AccessFormat> access_format(std::string_view text) {
  if (text == "text") return AccessFormat::text;
  if (text == "json") return AccessFormat::json;
  return std::nullopt;
}

LineAccessLog::LineAccessLog(AccessFormat format, const Clock& clock, Write write)
    : format_(format), clock_(clock), write_(std::move(write)) {}

void LineAccessLog::write(const AccessEntry& e) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(e.took).count();
  const auto now = clock_.wall();
  if (format_ == AccessFormat::text) {
    // Common Log Format, then host, microseconds, component and request id.
    const auto line = e.method.empty()
                          ? std::string("-")
                          : fmt::format("{} {}{}{}", escaped(e.method), escaped(e.target),
                                        e.version.empty() ? "" : " ", escaped(e.version));
    return write_(fmt::format("{} - - [{}] \"{}\" {} {} \"{}\" {}us \"{}\" {}\n", e.remote,
                              time_text(now, "%d/%b/%Y:%H:%M:%S +0000"), line, e.status,
                              e.bytes_out, escaped(e.host), us, escaped(e.component),
                              contracts::text(e.request)));
  }
  write_(fmt::format(
      R"({{"time":"{}","remote":"{}","version":"{}","method":"{}","host":"{}","target":"{}",)"
      R"("component":"{}","status":{},"bytes_in":{},"bytes_out":{},"microseconds":{},)"
      R"("request":"{}"}})"
      "\n",
      time_text(now, "%Y-%m-%dT%H:%M:%SZ"), e.remote, escaped(e.version), escaped(e.method),
      escaped(e.host), escaped(e.target), escaped(e.component), e.status, e.bytes_in, e.bytes_out,
      us, contracts::text(e.request)));
}

}  // namespace weft::ingress
