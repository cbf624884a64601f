// Structured log lines: a level, a sentence, fields. Written to one stream, as text for people or
// JSON for machines.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"

namespace weft {

enum class LogLevel { trace, debug, info, warn, error, off };
enum class LogFormat { text, json };
enum class LogColour { no, yes };

// "info" and so on; nothing for other words.
std::optional<LogLevel> log_level(std::string_view text);
std::string_view name(LogLevel level);

// A view: valid during the call that takes it.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, std::int64_t v) : key(k), value(v) {}
  LogField(std::string_view k, std::uint64_t v) : key(k), value(v) {}
  LogField(std::string_view k, int v) : key(k), value(std::int64_t{v}) {}
  LogField(std::string_view k, unsigned v) : key(k), value(std::uint64_t{v}) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
};
using LogFields = std::initializer_list<LogField>;

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  LogColour colour = LogColour::no;
};

// Thread-safe. A line is given to `write` whole, with its newline, and never split. A message or a
// text value is escaped, so that what a guest says cannot forge a line or reach a terminal's
// control codes.
class Log final {
 public:
  using Write = std::function<void(std::string_view line)>;

  Log(LogSettings settings, const Clock& clock, Write write);

  bool enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }

  void line(LogLevel level, std::string_view message, LogFields fields = {});
  void debug(std::string_view message, LogFields fields = {}) {
    line(LogLevel::debug, message, fields);
  }
  void info(std::string_view message, LogFields fields = {}) {
    line(LogLevel::info, message, fields);
  }
  void warn(std::string_view message, LogFields fields = {}) {
    line(LogLevel::warn, message, fields);
  }
  void error(std::string_view message, LogFields fields = {}) {
    line(LogLevel::error, message, fields);
  }

 private:
  // Set at construction.
  const LogFormat format_;
  const LogColour colour_;
  const Clock& clock_;
  // Any thread.
  std::atomic<LogLevel> level_;
  std::mutex mutex_;  // keeps lines of different threads apart
  Write write_;       // guarded by mutex_
};

}  // namespace weft
