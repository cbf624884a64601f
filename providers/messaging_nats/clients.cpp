#include "providers/messaging_nats/clients.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "net/nats/written_settings.h"

namespace weft::providers::messaging_nats {
namespace {

constexpr std::array<std::string_view, 8> k_connection_keys = {
    "cluster_uris", "client_jwt",  "client_seed",         "client_creds_file",
    "tls_ca",       "tls_ca_file", "custom_inbox_prefix", "ping_interval_sec"};

}  // namespace

Result<net::nats::ClientSettings> read_settings(const contracts::Settings& settings) {
  TRY(auto made, net::nats::read_client(settings, "cluster_uris"));
  if (const auto inbox = settings.find("custom_inbox_prefix"); inbox != settings.end()) {
    made.inbox = inbox->second;
    if (!net::nats::is_subject(made.inbox + ".x") || made.inbox.size() > 100) {
      return fail(
          Errc::invalid,
          fmt::format("`custom_inbox_prefix: {}` is no beginning of a subject", made.inbox));
    }
  }
  if (const auto ping = settings.find("ping_interval_sec"); ping != settings.end()) {
    std::uint16_t seconds = 0;
    const auto& text = ping->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || seconds == 0) {
      return fail(Errc::invalid,
                  fmt::format("`ping_interval_sec: {}` is no number of seconds", text));
    }
    made.quiet_limit = std::chrono::seconds(seconds);
  }
  return made;
}

Clients::Clients(std::string label, const contracts::ProviderStart& start)
    : label_(std::move(label)),
      name_(fmt::format("weft {}", start.id.text())),
      clock_(start.clock),
      random_(start.random),
      log_(start.log) {}

Result<ClientPtr> Clients::open(const boost::asio::io_context::executor_type& executor,
                                const contracts::Settings& settings) {
  Key key{&executor.context(), {}};
  for (const auto name : k_connection_keys) {
    const auto found = settings.find(std::string(name));
    if (found != settings.end()) key.second += fmt::format("{}={}\n", name, found->second);
  }
  const std::lock_guard lock(mutex_);
  if (auto there = clients_[key].lock()) return there;
  TRY(auto checked, read_settings(settings));
  checked.label = label_;
  checked.name = name_;
  auto made = std::make_shared<net::nats::Client>(
      std::move(checked),
      net::nats::Client::Surroundings{executor, resolver_, clock_, random_, log_});
  std::erase_if(clients_, [](const auto& one) { return one.second.expired(); });
  clients_[key] = made;
  return made;
}

}  // namespace weft::providers::messaging_nats
