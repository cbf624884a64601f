// A key-value provider that runs as the host runs it, and the threads that use it.
#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <utility>

#include "contracts/keyvalue/capabilities.h"
#include "contracts/provider.h"
#include "tests/contracts/keyvalue_client.h"
#include "tests/contracts/started_provider.h"

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

// Started, with a user for the thread of the test.
class KeyValueProvider final : public StartedProvider {
 public:
  // `product`: what it needs, such as a server; ends after it.
  KeyValueProvider(const contracts::ProviderKind& kind, const kv::Capabilities& row,
                   contracts::Settings config = {}, std::shared_ptr<void> product = nullptr)
      : StartedProvider(kind, std::move(config), std::move(product)),
        capabilities(row),
        user(another_user()) {}
  // For the thread that asks.
  std::unique_ptr<KeyValueUser> another_user() const {
    return std::make_unique<KeyValueUser>(*provider, settings);
  }

  const kv::Capabilities& capabilities;
  std::unique_ptr<KeyValueUser> user;
};

}  // namespace weft::tests
