// For tests: a guest whose configuration and secrets are given, and whose log lines are kept.
#pragma once
#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/host_service.h"

namespace weft::contracts {

class RecordingGuest final : public Guest {
 public:
  Handles& handles() override { return held; }
  const std::map<std::string, std::string>& config() override { return settings; }
  void log(LogLevel level, std::string_view context, std::string_view message) override {
    lines.push_back(fmt::format("{} {} {}", name(level), context, message));
  }
  const SecretView* find_secret(std::string_view name) override {
    const auto found = secrets.find(name);
    return found == secrets.end() ? nullptr : &found->second;
  }

  Handles held{8};
  std::map<std::string, std::string> settings;
  std::map<std::string, SecretView, std::less<>> secrets;
  std::vector<std::string> lines;
};

}  // namespace weft::contracts
