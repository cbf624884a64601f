#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "host/manifest/node_reader.h"

#include <fmt/format.h>

#include "host/plan/checks.h"

namespace weft::plan {
namespace {

using contracts::Config;
using contracts::ConfigKey;
using contracts::KeyPlace;
using contracts::KeySupport;
using contracts::Position;
using manifest::Findings;

constexpr std::string_view k_default_address = "127.0.0.1:8000";

// ---- keys ----

void check_setting(const contracts::ProviderInfo& provider, KeyPlace place,
                   const contracts::Setting& setting, Findings& findings) {
  const ConfigKey* key = manifest::find_key(provider, place, setting.key);
  if (key == nullptr) {
    std::vector<std::string_view> known;
    for (const auto& one : provider.keys) {
      if (one.place == place && one.support == KeySupport::taken) known.push_back(one.key);
    }
    return findings.warning(
        setting.at,
        fmt::format("`{}` is not a key of the {} of {}: nothing reads it", setting.key,
                    manifest::name(place), provider.name),
        known.empty() ? "It takes none." : manifest::did_you_mean(setting.key, known));
  }
  if (key->support == KeySupport::taken ||
      (!key->default_value.empty() && lower(setting.value) == key->default_value))
    return;
  auto message = fmt::format("`{}` ({}) is not supported yet", setting.key, key->what);
  if (key->support == KeySupport::refused) {
    findings.error(setting.at, std::move(message), std::string(key->advice));
  } else {
    findings.warning(setting.at, message + ": it has no effect", std::string(key->advice));
  }
}

void check_configs(const Unit& unit, KeyPlace place, const std::vector<Config>& configs,
                   Findings& findings) {
  if (unit.provider == nullptr) return;
  for (const auto& config : configs) {
    if (!config.values) continue;
    for (const auto& setting : *config.values)
      check_setting(*unit.provider, place, setting, findings);
  }
}

// Where a key was written, for findings about its value.
Position place_of(const std::vector<Config>& configs, std::string_view key,
                  const Position& otherwise) {
  Position at = otherwise;
  for (const auto& config : configs) {
    if (!config.values) continue;
    for (const auto& setting : *config.values) {
      if (lower(setting.key) == key) at = setting.at;
    }
  }
  return at;
}

// ---- values ----

struct Address {
  std::string ip;
  std::uint16_t port = 0;
};

std::optional<Address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  Address address;
  const auto port = text.substr(colon + 1);
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (problem != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  auto ip = text.substr(0, colon);
  in6_addr six{};
  in_addr four{};
  if (ip.starts_with('[') && ip.ends_with(']')) {
    ip = ip.substr(1, ip.size() - 2);
    address.ip = ip;
    if (inet_pton(AF_INET6, address.ip.c_str(), &six) != 1) return std::nullopt;
    // The one spelling of it: addresses are compared as text.
    std::array<char, INET6_ADDRSTRLEN> spelt{};
    address.ip = inet_ntop(AF_INET6, &six, spelt.data(), spelt.size());
    return address;
  }
  address.ip = ip == "localhost" ? "127.0.0.1" : ip;
  return inet_pton(AF_INET, address.ip.c_str(), &four) == 1 ? std::optional(address) : std::nullopt;
}

bool is_wildcard(std::string_view ip) { return ip == "0.0.0.0" || ip == "::"; }

std::string address_text(const Address& address) {
  return address.ip.contains(':') ? fmt::format("[{}]:{}", address.ip, address.port)
                                  : fmt::format("{}:{}", address.ip, address.port);
}

struct ReadAddress {
  std::string text;
  Position at;  // empty: the default
};

std::optional<ReadAddress> read_address(const Edge& edge, const Settings& link,
                                        const Settings& provider, Findings& findings) {
  const auto& link_configs = edge.link->source_config;
  const auto& own_configs = edge.source->component->config;
  std::string text(k_default_address);
  Position at;
  if (const auto found = link.find("address"); found != link.end()) {
    text = found->second;
    at = place_of(link_configs, "address", edge.link->at);
  } else if (const auto listen = provider.find("default_address"); listen != provider.end()) {
    text = listen->second;
    at = place_of(own_configs, "default_address", edge.source->component->at);
  } else if (const auto older = provider.find("listen_address"); older != provider.end()) {
    text = older->second;
    at = place_of(own_configs, "listen_address", edge.source->component->at);
  } else {
    findings.info(
        edge.link->at,
        fmt::format("the link to '{}' names no address: it listens on {} (1.x: on 0.0.0.0:8000)",
                    edge.target->component->name, k_default_address));
    return ReadAddress{std::move(text), {}};
  }
  const auto parsed = parse_address(text);
  if (parsed) return ReadAddress{address_text(*parsed), std::move(at)};
  findings.error(
      at, fmt::format("'{}' is not an address to listen on", text),
      "Write IP:PORT, such as 127.0.0.1:8000, 0.0.0.0:80 for every interface, or [::1]:8000.");
  return std::nullopt;
}

std::optional<std::string> read_path(const Edge& edge, const Settings& link, Findings& findings) {
  const auto found = link.find("path");
  if (found == link.end()) return "/";
  auto path = found->second;
  if (!path.starts_with('/') || path.find_first_of("?# ") != path.npos) {
    findings.error(place_of(edge.link->source_config, "path", edge.link->at),
                   fmt::format("'{}' is not the beginning of a path", path),
                   "Begin with '/', without '?' and '#': path: /api");
    return std::nullopt;
  }
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::optional<std::string> read_host(const Edge& edge, const Settings& link, Findings& findings) {
  const auto found = link.find("host");
  if (found == link.end()) return "";
  if (!found->second.empty() && found->second.find_first_of("/ \t?#@*") == std::string::npos)
    return lower(found->second);
  findings.error(place_of(edge.link->source_config, "host", edge.link->at),
                 fmt::format("'{}' is not the name of a host", found->second),
                 "Write a name alone: host: shop.example");
  return std::nullopt;
}

void check_mode(const Unit& server, const Settings& provider, Findings& findings) {
  const auto mode = provider.find("routing_mode");
  if (mode == provider.end()) return;
  const auto at = place_of(server.component->config, "routing_mode", server.component->at);
  static constexpr std::array<std::string_view, 3> modes = {"address", "path", "host"};
  if (std::ranges::find(modes, mode->second) == modes.end()) {
    return findings.error(at, fmt::format("'{}' is not a routing mode", mode->second),
                          manifest::did_you_mean(mode->second, modes));
  }
  if (mode->second != "path") return;
  findings.info(
      at,
      "a `path` is a prefix here, and the longest one wins (1.x: the whole path must be equal)");
}

// ---- conflicts ----

void check_conflict(const Step& earlier, const Step& later, Findings& findings) {
  const auto& a = std::get<AddRoute>(earlier.what);
  const auto& b = std::get<AddRoute>(later.what);
  const auto x = parse_address(a.address);
  const auto y = parse_address(b.address);
  if (!x || !y || x->port != y->port || x->port == 0) return;
  const auto other = fmt::format("'{}' of the application '{}' ({})", a.target.text(),
                                 earlier.application.text(), manifest::text(earlier.at));
  if (x->ip != y->ip) {
    const bool same_family = x->ip.contains(':') == y->ip.contains(':');
    const bool overlap = (same_family && (is_wildcard(x->ip) || is_wildcard(y->ip))) ||
                         x->ip == "::" || y->ip == "::";
    if (!overlap) return;
    return findings.error(
        later.at,
        fmt::format("{} and {} cannot both be listened on; the other is that of {}", b.address,
                    a.address, other),
        "Give both the same address, or another port.");
  }
  if (a.host != b.host || a.path != b.path) return;
  const auto what = b.host.empty() ? fmt::format("{}{}", b.address, b.path)
                                   : fmt::format("{}{} at {}", b.host, b.path, b.address);
  findings.error(later.at, fmt::format("{} already leads to {}", what, other),
                 "Give one of the two links another `address`, or a `path` or `host` of its own in "
                 "its source config.");
}

void tell_of_loss(const Unit& unit, Findings& findings) {
  if (unit.provider == nullptr || unit.provider->keeps == contracts::Keeps::beyond_it) return;
  if (unit.component->config.empty()) return;
  findings.info(unit.component->config.front().at,
                fmt::format("what '{}' holds is lost whenever this config changes: {} keeps it in "
                            "its memory, and starts anew then",
                            unit.component->name, unit.provider->name));
}

}  // namespace

std::vector<Step> make_routes(const World& world, Findings& findings) {
  std::vector<Step> routes;
  for (const auto& edge : world.edges) {
    const auto& link = *edge.link;
    if (edge.source->provider == nullptr || edge.source->provider->name != manifest::k_http_server)
      continue;
    if (link.ns != "wasi" || link.package != "http") continue;
    if (std::ranges::find(link.interfaces, "incoming-handler", &contracts::Text::text) ==
        link.interfaces.end())
      continue;
    const auto settings = merged(link.source_config, Keys::lower_case);
    const auto provider = merged(edge.source->component->config, Keys::lower_case);
    auto address = read_address(edge, settings, provider, findings);
    auto path = read_path(edge, settings, findings);
    auto host = read_host(edge, settings, findings);
    if (!address || !path || !host || !edge.source->starts() || !edge.target->starts()) continue;
    Step step;
    step.key = fmt::format("route {} {}", edge.source->component->id.text(), link.name.text());
    step.application = edge.application->name;
    step.at = link.at;
    step.what = AddRoute{edge.source->component->id,
                         edge.target->component->id,
                         link.name,
                         std::move(address->text),
                         std::move(*host),
                         std::move(*path),
                         std::move(address->at),
                         merged(link.target_config, Keys::as_written)};
    seal(step);
    for (const auto& earlier : routes) check_conflict(earlier, step, findings);
    routes.push_back(std::move(step));
  }
  return routes;
}

void check_provider_config(const World& world, Findings& findings) {
  for (const auto& unit : world.units) {
    check_configs(unit, KeyPlace::provider, unit.component->config, findings);
    tell_of_loss(unit, findings);
    if (unit.provider != nullptr && unit.provider->name == manifest::k_http_server) {
      check_mode(unit, merged(unit.component->config, Keys::lower_case), findings);
    }
  }
  for (const auto& edge : world.edges) {
    check_configs(*edge.source, KeyPlace::link_source, edge.link->source_config, findings);
    check_configs(*edge.target, KeyPlace::link_target, edge.link->target_config, findings);
  }
}

}  // namespace weft::plan
