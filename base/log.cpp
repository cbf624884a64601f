#include "base/log.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <iterator>

#include "base/printable.h"

namespace weft {
namespace {

constexpr std::array<std::string_view, 6> k_names = {"trace", "debug", "info",
                                                     "warn",  "error", "off"};
constexpr std::array<std::string_view, 6> k_colours = {"\x1b[2m",  "\x1b[2m",  "\x1b[32m",
                                                       "\x1b[33m", "\x1b[31m", ""};
constexpr std::string_view k_plain = "\x1b[0m";
constexpr std::string_view k_dim = "\x1b[2m";

std::string time_text(WallTime at) {
  const auto ms = std::chrono::time_point_cast<std::chrono::milliseconds>(at);
  const auto count = ms.time_since_epoch().count();
  const std::time_t seconds = count / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     count % 1000);
}

// JSON's escapes serve both formats.
void append_escaped(std::string& out, std::string_view text, LogFormat format) {
  append_printable(out, text, NewLines::escaped,
                   format == LogFormat::json ? std::string_view("\"\\") : std::string_view());
}

void append_value(std::string& out, const LogField& field, LogFormat format) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    const bool quote = format == LogFormat::json || text->empty() ||
                       text->find_first_of(" =\"") != std::string_view::npos;
    if (quote) out += '"';
    append_escaped(out, *text, quote ? LogFormat::json : format);
    if (quote) out += '"';
    return;
  }
  std::visit(
      [&out](const auto& value) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
          fmt::format_to(std::back_inserter(out), "{}", value);
        }
      },
      field.value);
}

// Several lines: shown below the sentence, indented, so that none of them can pass for a log line
// of its own.
bool is_long(const LogField& field) {
  const auto* text = std::get_if<std::string_view>(&field.value);
  return text != nullptr && text->find('\n') != text->npos;
}

void append_block(std::string& out, const LogField& field) {
  out.append("\n    ").append(field.key).append(":");
  auto rest = std::get<std::string_view>(field.value);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    out += "\n      ";
    append_escaped(out, rest.substr(0, end), LogFormat::text);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
}

std::string text_line(LogLevel level, WallTime at, std::string_view message, LogFields fields,
                      LogColour colour) {
  const bool paint = colour == LogColour::yes;
  const auto index = static_cast<std::size_t>(level);
  std::string out;
  if (paint) out += k_dim;
  out += time_text(at);
  if (paint) out.append(k_plain).append(k_colours[index]);
  fmt::format_to(std::back_inserter(out), " {:<5} ", k_names[index]);
  if (paint) out += k_plain;
  append_escaped(out, message, LogFormat::text);
  for (const auto& field : fields) {
    if (is_long(field)) continue;
    out += ' ';
    if (paint) out += k_dim;
    out.append(field.key).append("=");
    if (paint) out += k_plain;
    append_value(out, field, LogFormat::text);
  }
  for (const auto& field : fields) {
    if (is_long(field)) append_block(out, field);
  }
  out += '\n';
  return out;
}

std::string json_line(LogLevel level, WallTime at, std::string_view message, LogFields fields) {
  std::string out = fmt::format(R"({{"time":"{}","level":"{}","message":")", time_text(at),
                                k_names[static_cast<std::size_t>(level)]);
  append_escaped(out, message, LogFormat::json);
  out += '"';
  for (const auto& field : fields) {
    out.append(",\"").append(field.key).append("\":");
    append_value(out, field, LogFormat::json);
  }
  out += "}\n";
  return out;
}

}  // namespace

std::optional<LogLevel> log_level(std::string_view text) {
  for (std::size_t i = 0; i < k_names.size(); ++i) {
    if (k_names[i] == text) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::string_view name(LogLevel level) { return k_names[static_cast<std::size_t>(level)]; }

Log::Log(LogSettings settings, const Clock& clock, Write write)
    : format_(settings.format),
      colour_(settings.colour),
      clock_(clock),
      level_(settings.level),
      write_(std::move(write)) {}

void Log::line(LogLevel level, std::string_view message, LogFields fields) {
  if (!enabled(level)) return;
  const auto at = clock_.wall();
  const auto text = format_ == LogFormat::json ? json_line(level, at, message, fields)
                                               : text_line(level, at, message, fields, colour_);
  const std::lock_guard lock(mutex_);
  write_(text);
}

}  // namespace weft
