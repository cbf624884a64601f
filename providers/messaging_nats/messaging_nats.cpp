#include "providers/messaging_nats/messaging_nats.h"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <memory>
#include <utility>

#include "contracts/messaging/capabilities.h"
#include "contracts/messaging/subscription_settings.h"
#include "providers/messaging_nats/durable.h"
#include "providers/messaging_nats/face.h"
#include "providers/messaging_nats/subscription.h"

namespace weft::providers::messaging_nats {
namespace {

namespace ms = contracts::messaging;
using contracts::ConfigKey;
using enum contracts::KeyPlace;
using enum contracts::KeySupport;
using Executor = boost::asio::io_context::executor_type;

// Beyond the time that a call may take: for its thread to get at it.
constexpr std::chrono::milliseconds k_close_grace{1000};

// Of this process among all that ever subscribe to one server.
std::uint64_t process_mark(Random& random) {
  static const std::uint64_t mark = [&] {
    std::uint64_t made = 0;
    random.fill(std::as_writable_bytes(std::span(&made, 1)));
    return made;
  }();
  return mark;
}

Result<Acknowledged> read_acknowledged(const contracts::Settings& settings) {
  const auto found = settings.find("acknowledged");
  if (found == settings.end() || found->second == "false") return Acknowledged::by_server;
  if (found->second == "true") return Acknowledged::by_stream;
  return fail(Errc::invalid,
              fmt::format("`acknowledged: {}` is neither true nor false", found->second));
}

class NatsEndpoint final : public contracts::Endpoint {
 public:
  NatsEndpoint(const Executor& executor, ClientPtr client, contracts::Calls& calls,
               const Clock& clock, Acknowledged acknowledged)
      : face_(executor, std::move(client), calls, clock, acknowledged) {}
  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    return invoker_.invoke(std::move(invocation), replier);
  }
  std::size_t in_flight() const override { return invoker_.in_flight(); }

 private:
  Face face_;
  ms::MessagingInvoker invoker_{face_};
};

class NatsProvider final : public contracts::Provider {
 public:
  explicit NatsProvider(const contracts::ProviderStart& start)
      : clients_(fmt::format("{} {}", kind().info.name, start.id.text()), start),
        home_(start.state.string()),
        clock_(start.clock),
        random_(start.random),
        log_(start.log) {}

  Result<std::unique_ptr<contracts::Endpoint>> open(Executor executor,
                                                    const contracts::Settings& settings) override {
    TRY(auto client, clients_.open(executor, settings));
    TRY(const auto acknowledged, read_acknowledged(settings));
    return std::make_unique<NatsEndpoint>(executor, std::move(client), calls_, clock_,
                                          acknowledged);
  }
  Result<std::unique_ptr<contracts::Subscription>> subscribe(Executor executor,
                                                             const contracts::SourceLink& link,
                                                             contracts::Invoker& calls) override {
    TRY(auto settings, ms::SubscriptionSettings::read(link));
    TRY(auto client, clients_.open(executor, link.settings));
    TRY(auto stream, StreamSettings::read(link.settings));
    SubscriptionParts parts{.executor = std::move(executor),
                            .link = link,
                            .settings = std::move(settings),
                            .queue = queue_of(link),
                            .client = std::move(client),
                            .calls = calls,
                            .clock = clock_,
                            .random = random_,
                            .log = log_};
    if (stream.stream.empty()) return std::make_unique<CoreSubscription>(std::move(parts));
    return std::make_unique<DurableSubscription>(std::move(parts), std::move(stream));
  }
  void close() override { calls_.close(k_close_grace); }

 private:
  // The same for every thread and every generation of the link in this host, and for no other.
  std::string queue_of(const contracts::SourceLink& link) const {
    const auto words = fmt::format("{}\n{}\n{}", home_, link.source.text(), link.link.text());
    return fmt::format("weft.{:016x}{:016x}", process_mark(random_),
                       std::hash<std::string>()(words));
  }

  Clients clients_;
  const std::string home_;
  const Clock& clock_;
  Random& random_;
  Log& log_;
  contracts::Calls calls_;
};

constexpr std::string_view k_uris = "nats://USER:PASSWORD@HOST:PORT, several with commas between";
// How to connect: for messages that are sent, and for those that come.
constexpr std::array k_keys = {
    ms::k_subscription_keys[0],
    ms::k_subscription_keys[1],
    ms::k_subscription_keys[2],
    ms::k_redelivery_keys[0],
    ms::k_redelivery_keys[1],
    ms::k_redelivery_keys[2],
    ms::k_redelivery_keys[3],
    ConfigKey{"stream", link_source, taken,
              "stream of JetStream that the messages come from, again until they were handled",
              "none: each comes once", ""},
    ConfigKey{"js_domain", link_source, taken, "domain of JetStream", "the server's own", ""},
    ConfigKey{"deliver", link_source, taken,
              "what a link gets that is new to the stream: `new` messages, or `all` that are there",
              "new", ""},
    ConfigKey{"ack_wait_ms", link_source, taken,
              "milliseconds after which a message comes again when its host says nothing", "30000",
              ""},
    ConfigKey{"cluster_uris", link_target, taken, k_uris, "nats://127.0.0.1:4222", ""},
    ConfigKey{"client_jwt", link_target, taken, "JWT of the user; needs client_seed", "", ""},
    ConfigKey{"client_seed", link_target, taken, "seed of the user's key", "", ""},
    ConfigKey{"client_creds_file", link_target, taken, "file with both, as nsc writes it", "", ""},
    ConfigKey{"tls_ca", link_target, taken, "authorities that TLS trusts, as PEM text",
              "the system's", ""},
    ConfigKey{"tls_ca_file", link_target, taken, "the same as a file", "", ""},
    ConfigKey{"custom_inbox_prefix", link_target, taken, "what subjects of answers begin with",
              "_INBOX", ""},
    ConfigKey{"ping_interval_sec", link_target, taken,
              "seconds of silence after which the server is asked whether it lives", "30", ""},
    ConfigKey{"acknowledged", link_target, taken,
              "whether a stream of JetStream must have a message before its publish is answered",
              "false", ""},
    ConfigKey{"cluster_uris", link_source, taken, k_uris, "nats://127.0.0.1:4222", ""},
    ConfigKey{"client_jwt", link_source, taken, "JWT of the user; needs client_seed", "", ""},
    ConfigKey{"client_seed", link_source, taken, "seed of the user's key", "", ""},
    ConfigKey{"client_creds_file", link_source, taken, "file with both, as nsc writes it", "", ""},
    ConfigKey{"tls_ca", link_source, taken, "authorities that TLS trusts, as PEM text",
              "the system's", ""},
    ConfigKey{"tls_ca_file", link_source, taken, "the same as a file", "", ""},
    ConfigKey{"custom_inbox_prefix", link_source, taken, "what subjects of answers begin with",
              "_INBOX", ""},
    ConfigKey{"ping_interval_sec", link_source, taken,
              "seconds of silence after which the server is asked whether it lives", "30", ""}};

Result<std::unique_ptr<contracts::Provider>> start_provider(const contracts::ProviderStart& start) {
  // What is wrong for every link is told before one is made.
  auto checked = read_settings(start.config);
  if (!checked) return std::unexpected(std::move(checked).error());
  return std::make_unique<NatsProvider>(start);
}

constexpr std::array<std::string_view, 2> k_aliases = {"ghcr.io/wasmcloud/messaging-nats",
                                                       "ghcr.io/wasmcloud/nats_messaging"};

}  // namespace

const contracts::ProviderKind& kind() {
  static const contracts::ProviderKind made{
      .info = {.name = ms::k_nats.provider,
               .what = "sends and receives messages over NATS",
               .aliases = k_aliases,
               .serves = ms::k_served,
               .calls = ms::k_called,
               .keys = k_keys},
      .succession = contracts::Succession::side_by_side,
      .start = start_provider};
  return made;
}

}  // namespace weft::providers::messaging_nats
