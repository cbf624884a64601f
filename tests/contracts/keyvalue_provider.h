// A key-value provider that runs as the host runs it, and the threads that use it.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "contracts/keyvalue/capabilities.h"
#include "contracts/provider.h"
#include "tests/contracts/keyvalue_client.h"

namespace weft::tests {

// A thread's loop and its endpoint. Made, used and destroyed on that thread.
class KeyValueUser final : public KeyValueHarness {
 public:
  KeyValueUser(contracts::Provider& provider, const contracts::Settings& settings)
      : endpoint_(provider.open(context_.get_executor(), settings).value()) {}
  contracts::Endpoint& store() override { return *endpoint_; }
  void run_some() override { context_.run_one(); }
  // Runs for so long, whatever comes.
  void run_for(std::chrono::milliseconds time) { context_.run_for(time); }
  // The endpoint goes away; the thread does not.
  void close() { endpoint_.reset(); }

 private:
  boost::asio::io_context context_{1};
  // What a provider waits for elsewhere is no work that the context knows of.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  std::unique_ptr<contracts::Endpoint> endpoint_;
};

// Started in a folder of its own, with a user for the thread of the test.
class KeyValueProvider final {
 public:
  // `product`: what it needs, such as a server; ends after it.
  KeyValueProvider(const contracts::ProviderKind& kind, const kv::Capabilities& row,
                   contracts::Settings config = {}, std::shared_ptr<void> product = nullptr)
      : capabilities(row), settings(std::move(config)), product_(std::move(product)) {
    std::string name = (std::filesystem::temp_directory_path() / "weft-suite-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no scratch folder";
    folder_ = name;
    provider = kind.start({.id = ComponentId("suite"),
                           .state = folder_,
                           .config = settings,
                           .clock = clock_,
                           .random = random_,
                           .log = log_})
                   .value();
    user = std::make_unique<KeyValueUser>(*provider, settings);
  }
  KeyValueProvider(const KeyValueProvider&) = delete;
  KeyValueProvider& operator=(const KeyValueProvider&) = delete;
  ~KeyValueProvider() {
    user.reset();
    provider->close();
    provider.reset();
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  // For the thread that asks.
  std::unique_ptr<KeyValueUser> another_user() const {
    return std::make_unique<KeyValueUser>(*provider, settings);
  }
  std::string logged() {
    const std::lock_guard lock(mutex_);
    return logged_;
  }

  const kv::Capabilities& capabilities;
  const contracts::Settings settings;
  std::unique_ptr<contracts::Provider> provider;
  std::unique_ptr<KeyValueUser> user;

 private:
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
