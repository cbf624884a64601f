#include "providers/keyvalue_redis/keyvalue_redis.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

#include "contracts/calls.h"
#include "contracts/keyvalue/capabilities.h"
#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_redis/face.h"
#include "providers/keyvalue_redis/settings.h"

namespace weft::providers::keyvalue_redis {
namespace {

namespace kv = contracts::keyvalue;
using contracts::Settings;
using Executor = boost::asio::io_context::executor_type;

// Beyond the time that a call may take: for its thread to get at it.
constexpr std::chrono::milliseconds k_close_grace{1000};

// As CLIENT SETNAME wants it: no space, no line break.
std::string client_name(std::string_view id) {
  std::string made = "weft:";
  for (const char c : id) made.push_back(c > ' ' && c <= '~' ? c : '_');
  return made;
}

// One per thread and set of settings: a connection of its own.
class RedisEndpoint final : public contracts::Endpoint {
 public:
  RedisEndpoint(Checked checked, Calls& calls, const net::redis::Client::Surroundings& around)
      : face_(checked.client, std::move(checked.tls), calls, around) {}

  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    return invoker_.invoke(std::move(invocation), replier);
  }
  std::size_t in_flight() const override { return invoker_.in_flight(); }

 private:
  Face face_;
  kv::KeyValueInvoker invoker_{face_};
};

class RedisProvider final : public contracts::Provider {
 public:
  explicit RedisProvider(const contracts::ProviderStart& start)
      : label_(fmt::format("{} {}", kind().info.name, start.id.text())),
        name_(client_name(start.id.text())),
        clock_(start.clock),
        random_(start.random),
        log_(start.log) {}

  Result<std::unique_ptr<contracts::Endpoint>> open(Executor executor,
                                                    const Settings& settings) override {
    TRY(auto checked, read_settings(settings));
    checked.client.label = label_;
    checked.client.name = name_;
    return std::make_unique<RedisEndpoint>(
        std::move(checked), calls_,
        net::redis::Client::Surroundings{std::move(executor), resolver_, clock_, random_, log_});
  }
  void close() override { calls_.close(k_close_grace); }

 private:
  const std::string label_, name_;
  const Clock& clock_;
  Random& random_;
  Log& log_;
  net::SystemResolver resolver_;
  Calls calls_;
};

Result<std::unique_ptr<contracts::Provider>> start(const contracts::ProviderStart& start) {
  // What is wrong for every link is told before one is made.
  auto checked = read_settings(start.config);
  if (!checked) return std::unexpected(std::move(checked).error());
  return std::make_unique<RedisProvider>(start);
}

constexpr std::array<std::string_view, 2> k_aliases = {"ghcr.io/wasmcloud/keyvalue-redis",
                                                       "ghcr.io/wasmcloud/kvredis"};

}  // namespace

const contracts::ProviderKind& kind() {
  static const contracts::ProviderKind made{
      .info = {.name = kv::k_redis.provider,
               .what = "keeps keys and values in a Redis server",
               .aliases = k_aliases,
               .serves = kv::k_served,
               .calls = {},
               .keys = config_keys()},
      .succession = contracts::Succession::side_by_side,
      .start = start};
  return made;
}

}  // namespace weft::providers::keyvalue_redis
