#include "providers/keyvalue_nats/keyvalue_nats.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

#include "contracts/calls.h"
#include "contracts/keyvalue/capabilities.h"
#include "contracts/keyvalue/keyvalue.h"
#include "net/resolver.h"
#include "providers/keyvalue_nats/face.h"
#include "providers/keyvalue_nats/settings.h"

namespace weft::providers::keyvalue_nats {
namespace {

namespace kv = contracts::keyvalue;
using contracts::Settings;
using Executor = boost::asio::io_context::executor_type;

// Beyond the time that a call may take: for its thread to get at it.
constexpr std::chrono::milliseconds k_close_grace{1000};

// One per thread and set of settings: a connection of its own.
class NatsEndpoint final : public contracts::Endpoint {
 public:
  NatsEndpoint(const Checked& checked, contracts::Calls& calls,
               const net::nats::Client::Surroundings& around)
      : face_(checked, calls, around) {}

  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    return invoker_.invoke(std::move(invocation), replier);
  }
  std::size_t in_flight() const override { return invoker_.in_flight(); }

 private:
  Face face_;
  kv::KeyValueInvoker invoker_{face_};
};

class NatsProvider final : public contracts::Provider {
 public:
  explicit NatsProvider(const contracts::ProviderStart& start)
      : label_(fmt::format("{} {}", kind().info.name, start.id.text())),
        name_(fmt::format("weft {}", start.id.text())),
        clock_(start.clock),
        random_(start.random),
        log_(start.log) {}

  Result<std::unique_ptr<contracts::Endpoint>> open(Executor executor,
                                                    const Settings& settings) override {
    TRY(auto checked, read_settings(settings));
    if (checked.bucket.empty()) {
      return fail(Errc::invalid,
                  "`bucket` is missing: it names the bucket of NATS that holds everything, as in "
                  "`bucket: wasmcloud`");
    }
    checked.client.label = label_;
    checked.client.name = name_;
    return std::make_unique<NatsEndpoint>(
        checked, calls_,
        net::nats::Client::Surroundings{std::move(executor), resolver_, clock_, random_, log_});
  }
  void close() override { calls_.close(k_close_grace); }

 private:
  const std::string label_, name_;
  const Clock& clock_;
  Random& random_;
  Log& log_;
  net::SystemResolver resolver_;
  contracts::Calls calls_;
};

Result<std::unique_ptr<contracts::Provider>> start_provider(const contracts::ProviderStart& start) {
  // What is wrong for every link is told before one is made.
  auto checked = read_settings(start.config);
  if (!checked) return std::unexpected(std::move(checked).error());
  return std::make_unique<NatsProvider>(start);
}

constexpr std::array<std::string_view, 1> k_aliases = {"ghcr.io/wasmcloud/keyvalue-nats"};

}  // namespace

const contracts::ProviderKind& kind() {
  static const contracts::ProviderKind made{
      .info = {.name = kv::k_nats.provider,
               .what = "keeps keys and values in a bucket of NATS JetStream",
               .aliases = k_aliases,
               .serves = kv::k_served,
               .calls = {},
               .keys = config_keys()},
      .succession = contracts::Succession::side_by_side,
      .start = start_provider};
  return made;
}

}  // namespace weft::providers::keyvalue_nats
