// Findings about manifests as the command line prints them.
#pragma once
#include <string>

#include "cli/options.h"
#include "host/manifest/findings.h"

namespace weft::cli {

// Text: one finding below the other, coloured when `colour`. JSON: an array of {severity, file,
// line, column, message, suggestion}.
std::string findings_text(const manifest::Findings& findings, Output output, LogColour colour);
// "2 errors, 1 warning".
std::string count_text(const manifest::Findings& findings);

}  // namespace weft::cli
