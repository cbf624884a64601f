// A provider that runs as the host runs it, in a folder of its own; what the suites build on.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "contracts/provider.h"

namespace weft::tests {

class StartedProvider {
 public:
  // `product`: what it needs, such as a server; ends after it.
  StartedProvider(const contracts::ProviderKind& kind, contracts::Settings config,
                  std::shared_ptr<void> product)
      : settings(std::move(config)), kind_(kind), product_(std::move(product)) {
    std::string name = (std::filesystem::temp_directory_path() / "weft-suite-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no scratch folder";
    folder_ = name;
    start();
  }
  StartedProvider(const StartedProvider&) = delete;
  StartedProvider& operator=(const StartedProvider&) = delete;
  ~StartedProvider() {
    end();
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  // What was opened of it is gone. In the same folder it may start again.
  void end() {
    if (provider) provider->close();
    provider.reset();
  }
  void start() {
    provider = kind_
                   .start({.id = ComponentId("suite"),
                           .state = folder_,
                           .config = settings,
                           .clock = clock_,
                           .random = random_,
                           .log = log_})
                   .value();
  }
  std::string logged() {
    const std::lock_guard lock(mutex_);
    return logged_;
  }
  const std::filesystem::path& folder() const { return folder_; }

  const contracts::Settings settings;
  std::unique_ptr<contracts::Provider> provider;

 private:
  const contracts::ProviderKind& kind_;
  const std::shared_ptr<void> product_;
  SystemClock clock_;
  SystemRandom random_;
  std::mutex mutex_;  // lines come from any thread
  std::string logged_;
  Log log_{{.level = LogLevel::debug}, clock_, [this](std::string_view line) {
             const std::lock_guard lock(mutex_);
             logged_.append(line);
           }};
  std::filesystem::path folder_;
};

}  // namespace weft::tests
