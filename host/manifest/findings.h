// What reading, checking and planning find out about manifests: all of it, not only the first
// error.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/manifest.h"

namespace weft::manifest {

enum class Severity {
  error,    // it cannot start like this
  warning,  // it starts, but likely not as meant
  info,     // what was assumed
};
std::string_view name(Severity severity);

struct Finding {
  Severity severity = Severity::error;
  contracts::Position at;
  std::string message;     // one sentence
  std::string suggestion;  // what to do, may have several lines; or empty
};

class Findings {
 public:
  void error(contracts::Position at, std::string message, std::string suggestion = {});
  void warning(contracts::Position at, std::string message, std::string suggestion = {});
  void info(contracts::Position at, std::string message, std::string suggestion = {});
  void append(Findings other);
  // By file and line; those of one line in the order found. Drops what an error in the very same
  // place says better: its warnings.
  void sort();

  std::span<const Finding> all() const [[clang::lifetimebound]] { return all_; }
  std::size_t count(Severity severity) const;
  bool ok() const { return count(Severity::error) == 0; }

 private:
  std::vector<Finding> all_;
};

// "app.yaml:3:5"; the file alone where there is no line.
std::string text(const contracts::Position& at);
// "app.yaml:3:5: error: …" and the suggestion below, lines to paste with the indentation they need;
// no newline at the end.
std::string text(const Finding& finding);
// Every finding as text, one below the other, each with a newline.
std::string text(const Findings& findings);

}  // namespace weft::manifest
