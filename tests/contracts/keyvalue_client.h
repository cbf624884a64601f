// Calls to a key-value provider, for tests: made like the switchboard makes them, waited for like
// nobody else does.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "contracts/keyvalue/keyvalue.h"

namespace weft::tests {

namespace kv = contracts::keyvalue;

// One thread that uses a store.
class KeyValueHarness {
 public:
  virtual ~KeyValueHarness() = default;
  virtual contracts::Endpoint& store() = 0;
  // Runs what the provider posted to the calling thread, waiting until there is something.
  virtual void run_some() = 0;
};

// One call and its reply.
class KeyValueCall final : public contracts::Replier {
 public:
  template <class... A>
  KeyValueCall(KeyValueHarness& harness, std::string_view function, const A&... arguments)
      : KeyValueCall(harness, contracts::Context{}, function, arguments...) {}
  template <class... A>
  KeyValueCall(KeyValueHarness& harness, contracts::Context context, std::string_view function,
               const A&... arguments)
      : harness_(harness) {
    contracts::Invocation invocation;
    invocation.context = std::move(context);
    invocation.source = "test";
    invocation.interface = kv::k_interface;
    invocation.function = function;
    invocation.payload = contracts::encode(std::forward_as_tuple(arguments...));
    auto pending = harness.store().invoke(std::move(invocation), *this);
    if (!reply_) pending_ = std::move(pending);
  }
  KeyValueCall(const KeyValueCall&) = delete;
  KeyValueCall& operator=(const KeyValueCall&) = delete;

  void on_reply(contracts::Reply reply) noexcept override {
    pending_.settled();
    reply_ = std::move(reply.results);
  }
  bool over() const { return reply_.has_value(); }
  void cancel() { pending_.cancel(); }

  // Waits for the reply.
  Result<contracts::Image> wait() {
    while (!reply_) harness_.run_some();
    return std::move(*reply_);
  }
  // Waits for the reply, which must be one of the contract's.
  template <class T>
  std::expected<T, kv::StoreError> result() {
    const auto image = wait();
    if (!image) {
      ADD_FAILURE() << "the call failed: " << image.error().message;
      return std::unexpected(kv::Other{image.error().message});
    }
    auto decoded = contracts::decode<std::tuple<std::expected<T, kv::StoreError>>>(*image);
    if (!decoded) {
      ADD_FAILURE() << decoded.error().message;
      return std::unexpected(kv::Other{decoded.error().message});
    }
    return std::get<0>(*std::move(decoded));
  }

 private:
  KeyValueHarness& harness_;
  contracts::Pending pending_;
  std::optional<Result<contracts::Image>> reply_;
};

inline kv::Bytes bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string text(const kv::OwnedBytes& bytes) {
  std::string result;
  for (const auto byte : bytes) result.push_back(static_cast<char>(byte));
  return result;
}

}  // namespace weft::tests
