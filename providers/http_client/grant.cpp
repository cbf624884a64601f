#include "providers/http_client/grant.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "net/http_syntax.h"

namespace weft::providers::http_client {
namespace {

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return made;
}

// The items of a list between commas, in lower case.
std::vector<std::string> items(std::string_view list) {
  std::vector<std::string> found;
  constexpr std::string_view blank = " \t\r\n";
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    auto item = list.substr(0, comma);
    while (!item.empty() && blank.contains(item.front())) item.remove_prefix(1);
    while (!item.empty() && blank.contains(item.back())) item.remove_suffix(1);
    if (!item.empty()) found.push_back(lower(item));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return found;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  const auto number = net::parse_decimal(text);
  if (!number || *number == 0 || *number > std::numeric_limits<std::uint16_t>::max())
    return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::unexpected<Error> wrong(std::string_view key, std::string_view takes, std::string_view text) {
  return fail(Errc::invalid, fmt::format("{} takes {}; not '{}'", key, takes, text));
}

Result<std::chrono::milliseconds> time_of(std::string_view key, std::string_view text) {
  auto digits = text;
  std::uint64_t factor = 1;
  if (digits.ends_with("ms")) {
    digits.remove_suffix(2);
  } else if (digits.ends_with('s')) {
    digits.remove_suffix(1);
    factor = 1000;
  } else {
    digits = {};
  }
  const auto number = net::parse_decimal(digits);
  constexpr std::uint64_t most = 24ull * 3600 * 1000;
  if (!number || *number == 0 || *number > most / factor)
    return wrong(key, "a time such as 500ms or 10s", text);
  return std::chrono::milliseconds(*number * factor);
}

Result<> read_ports(std::string_view value, std::vector<std::uint16_t>& ports) {
  for (const auto& item : items(value)) {
    const auto port = port_of(item);
    if (!port) return wrong("ports", "a list of ports such as 443, 8443", item);
    ports.push_back(*port);
  }
  return {};
}

Result<> read_hosts(std::string_view value, std::vector<std::string>& hosts) {
  for (auto& item : items(value)) {
    const std::string_view name = item.starts_with("*.") ? std::string_view(item).substr(2) : item;
    if (name.empty() || name.contains('*') || name.contains('/') ||
        (name.contains(':') && !name.starts_with('[')) || !net::is_authority(name)) {
      return wrong("hosts", "a list of names such as api.example.com, *.example.com", item);
    }
    if (item.starts_with('[')) item = item.substr(1, item.size() - 2);
    hosts.push_back(std::move(item));
  }
  return {};
}

Result<> read_privates(std::string_view value, Grant& grant) {
  grant.allow_private = value == "true";
  if (value == "true" || value == "false") return {};
  constexpr std::string_view takes = "true, false or addresses such as 10.1.0.0/16, ::1";
  const auto ranges = items(value);
  if (ranges.empty()) return wrong("allow_private", takes, value);
  for (const auto& item : ranges) {
    const auto range = net::AddressRange::parse(item);
    if (!range) return wrong("allow_private", takes, item);
    grant.privates.push_back(*range);
  }
  return {};
}

bool matches(std::string_view host, std::string_view pattern) {
  if (!pattern.starts_with("*.")) return host == pattern;
  const auto rest = pattern.substr(1);  // ".example.com"
  return host.size() > rest.size() && host.ends_with(rest);
}

}  // namespace

std::optional<Target> Target::of(std::string_view scheme, std::string_view authority) {
  if (!net::is_authority(authority)) return std::nullopt;
  const auto host = net::host_of(authority);
  Target target{.scheme = scheme == "https" ? "https" : "http",
                .host = lower(host),
                .port = static_cast<std::uint16_t>(scheme == "https" ? 443 : 80)};
  if (const auto rest = authority.substr(host.size()); rest.size() > 1) {
    const auto port = port_of(rest.substr(1));
    if (!port) return std::nullopt;
    target.port = *port;
  }
  if (target.host.starts_with('[')) target.host = target.host.substr(1, target.host.size() - 2);
  // "example.com." is the same host.
  if (target.host.ends_with('.')) target.host.pop_back();
  if (target.host.empty()) return std::nullopt;
  return target;
}

Result<Grant> Grant::parse(const contracts::Settings& settings) {
  Grant grant;
  for (const auto& [key, value] : settings) {
    // An empty list would allow what it was written to narrow.
    const bool list = key == "hosts" || key == "ports" || key == "schemes";
    if (list && items(value).empty())
      return wrong(key, "at least one entry; leave the key out to allow all", value);
    if (key == "hosts") {
      TRY_OK(read_hosts(value, grant.hosts));
    } else if (key == "ports") {
      TRY_OK(read_ports(value, grant.ports));
    } else if (key == "schemes") {
      grant.schemes = items(value);
      for (const auto& scheme : grant.schemes) {
        if (scheme != "http" && scheme != "https") return wrong(key, "http, https or both", scheme);
      }
    } else if (key == "allow_private") {
      TRY_OK(read_privates(value, grant));
    } else if (key == "ca_file") {
      grant.ca_file = value;
    } else if (key == "connect_timeout") {
      TRY(grant.connect_timeout, time_of(key, value));
    } else if (key == "keep") {
      TRY(grant.keep, time_of(key, value));
    } else if (key == "connections") {
      const auto number = net::parse_decimal(value);
      if (!number || *number == 0 || *number > 65536)
        return wrong(key, "a number from 1 to 65536", value);
      grant.connections = *number;
    }
  }
  return grant;
}

std::string_view Grant::refuses(const Target& target) const {
  const auto allowed = [](const auto& list, const auto& holds) {
    return list.empty() || std::ranges::any_of(list, holds);
  };
  if (!allowed(schemes, [&](const auto& one) { return one == target.scheme; })) return "schemes";
  if (!allowed(hosts, [&](const auto& one) { return matches(target.host, one); })) return "hosts";
  if (!allowed(ports, [&](const auto& one) { return one == target.port; })) return "ports";
  return {};
}

std::string_view Grant::refuses(const boost::asio::ip::address& address) const {
  const auto holds = [&address](const auto& range) { return range.contains(address); };
  if (allow_private || std::ranges::any_of(privates, holds)) return {};
  const auto range = net::inner_range(address);
  if (!range.empty()) return range;
  return net::is_own(address) ? "one of this machine" : "";
}

}  // namespace weft::providers::http_client
