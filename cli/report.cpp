#include "cli/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/printable.h"

namespace weft::cli {
namespace {

std::string_view colour_of(manifest::Severity severity) {
  switch (severity) {
    case manifest::Severity::error:
      return "\x1b[31m";
    case manifest::Severity::warning:
      return "\x1b[33m";
    case manifest::Severity::info:
      return "\x1b[36m";
  }
  return "";
}

std::string json_text(const manifest::Findings& findings) {
  auto list = nlohmann::json::array();
  for (const auto& finding : findings.all()) {
    list.push_back({{"severity", manifest::name(finding.severity)},
                    {"file", finding.at.file},
                    {"line", finding.at.line},
                    {"column", finding.at.column},
                    {"message", finding.message},
                    {"suggestion", finding.suggestion}});
  }
  return list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string plural(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

std::string findings_text(const manifest::Findings& findings, Output output, LogColour colour) {
  if (output == Output::json) return json_text(findings);
  std::string out;
  for (const auto& finding : findings.all()) {
    auto line = printable(manifest::text(finding), NewLines::kept);
    if (colour == LogColour::yes) {
      const auto word = fmt::format(" {}: ", manifest::name(finding.severity));
      if (const auto at = line.find(word); at != line.npos) {
        line.insert(at + word.size() - 1, "\x1b[0m").insert(at + 1, colour_of(finding.severity));
      }
    }
    out += line + "\n";
  }
  return out;
}

std::string count_text(const manifest::Findings& findings) {
  const auto errors = findings.count(manifest::Severity::error);
  const auto warnings = findings.count(manifest::Severity::warning);
  return plural(errors, "error") + ", " + plural(warnings, "warning");
}

}  // namespace weft::cli
