#include "providers/keyvalue_vault/keyvalue_vault.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

#include "contracts/keyvalue/capabilities.h"
#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_vault/face.h"
#include "providers/keyvalue_vault/settings.h"

namespace weft::providers::keyvalue_vault {
namespace {

namespace kv = contracts::keyvalue;
using contracts::Settings;
using Executor = boost::asio::io_context::executor_type;

// Beyond the time that a call may take: for its thread to get at it.
constexpr std::chrono::milliseconds k_close_grace{1000};

// One per thread and set of settings: connections and a token of its own.
class VaultEndpoint final : public contracts::Endpoint {
 public:
  VaultEndpoint(Checked checked, Calls& calls, const net::vault::Client::Surroundings& around,
                Log& log)
      : checked_(std::move(checked)), face_(checked_, calls, around, log) {}

  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    return invoker_.invoke(std::move(invocation), replier);
  }
  std::size_t in_flight() const override { return invoker_.in_flight(); }

 private:
  const Checked checked_;
  Face face_;
  kv::KeyValueInvoker invoker_{face_};
};

class VaultProvider final : public contracts::Provider {
 public:
  explicit VaultProvider(const contracts::ProviderStart& start)
      : label_(fmt::format("{} {}", kind().info.name, start.id.text())),
        clock_(start.clock),
        random_(start.random),
        log_(start.log) {}

  Result<std::unique_ptr<contracts::Endpoint>> open(Executor executor,
                                                    const Settings& settings) override {
    TRY(auto checked, read_settings(settings));
    checked.client.label = label_;
    return std::make_unique<VaultEndpoint>(
        std::move(checked), calls_,
        net::vault::Client::Surroundings{std::move(executor), resolver_, clock_, random_}, log_);
  }
  void close() override { calls_.close(k_close_grace); }

 private:
  const std::string label_;
  const Clock& clock_;
  Random& random_;
  Log& log_;
  net::SystemResolver resolver_;
  Calls calls_;
};

Result<std::unique_ptr<contracts::Provider>> start(const contracts::ProviderStart& start) {
  // What is wrong for every link is told before one is made.
  TRY_OK(check_shared(start.config));
  return std::make_unique<VaultProvider>(start);
}

constexpr std::array<std::string_view, 2> k_aliases = {"ghcr.io/wasmcloud/keyvalue-vault",
                                                       "ghcr.io/wasmcloud/kv-vault"};

}  // namespace

const contracts::ProviderKind& kind() {
  static const contracts::ProviderKind made{
      .info = {.name = kv::k_vault.provider,
               .what = "keeps keys and values as secrets in a Vault server",
               .aliases = k_aliases,
               .serves = kv::k_served,
               .calls = {},
               .keys = config_keys()},
      .succession = contracts::Succession::side_by_side,
      .start = start};
  return made;
}

}  // namespace weft::providers::keyvalue_vault
