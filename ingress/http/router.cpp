#include "ingress/http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "net/http_syntax.h"

namespace weft::ingress {
namespace {

constexpr std::size_t k_longest_host = 255;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// "/cart/" and "/cart" are one prefix; "/" stays.
void normalize(Route& route) {
  if (route.path.empty()) route.path = "/";
  while (route.path.size() > 1 && route.path.back() == '/') route.path.pop_back();
  std::ranges::transform(route.host, route.host.begin(), lower);
}

std::string place(const Route& route) {
  return fmt::format("{} host {} path {}", route.address, route.host.empty() ? "(any)" : route.host,
                     route.path);
}

std::string problem(const Route& route) {
  if (!route.path.starts_with('/') || route.path.find_first_of("?#") != route.path.npos) {
    return fmt::format("the path `{}` of {} is no path: write it as in /cart", route.path,
                       route.target);
  }
  const bool valid =
      route.host.empty() || (route.host.size() <= k_longest_host && net::is_authority(route.host) &&
                             net::host_of(route.host) == route.host);
  if (!valid) {
    return fmt::format(
        "the host `{}` of {} is no host name: write it as in shop.example, without a port",
        route.host, route.target);
  }
  return {};
}

bool covers(std::string_view prefix, std::string_view path) {
  if (prefix.size() == 1) return true;
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

const Route* RouteTable::longest(const Paths& paths, std::string_view path) {
  for (const auto& route : paths) {
    if (covers(route.path, path)) return &route;
  }
  return nullptr;
}

const Route* RouteTable::find(std::string_view host, std::string_view target) const {
  const auto path = target.substr(0, target.find('?'));
  if (!hosts_.empty() && host.size() <= k_longest_host) {
    std::array<char, k_longest_host> folded;
    std::ranges::transform(host, folded.begin(), lower);
    const auto found = hosts_.find(std::string_view(folded.data(), host.size()));
    if (found != hosts_.end()) {
      if (const auto* route = longest(found->second, path)) return route;
    }
  }
  return longest(any_host_, path);
}

void RouteTable::add(Route route) {
  largest_.header_count = std::max(largest_.header_count, route.head.header_count);
  largest_.header_bytes = std::max(largest_.header_bytes, route.head.header_bytes);
  auto& paths = route.host.empty() ? any_host_ : hosts_[route.host];
  const auto shorter = std::ranges::find_if(
      paths, [&](const Route& other) { return other.path.size() < route.path.size(); });
  paths.insert(shorter, std::move(route));
}

Result<std::shared_ptr<const Router>> Router::make(std::vector<Route> routes) {
  std::string problems;
  auto code = Errc::conflict;
  std::map<std::tuple<std::string, std::string, std::string>, const Route*> seen;
  for (auto& route : routes) {
    normalize(route);
    auto text = problem(route);
    if (!text.empty()) {
      code = Errc::invalid;
    } else {
      const auto [first, fresh] = seen.try_emplace({route.address, route.host, route.path}, &route);
      if (fresh) continue;
      const auto& other = *first->second;
      text = fmt::format(
          "two components want the route {}: {} of application {} and {} of application {}; give "
          "one "
          "of them another address, host or path",
          place(route), other.target, other.application.text(), route.target,
          route.application.text());
    }
    problems += (problems.empty() ? "" : "\n") + text;
  }
  if (!problems.empty()) return fail(code, std::move(problems));
  auto router = std::make_shared<Router>();
  for (auto& route : routes) {
    const auto address = route.address;
    router->listeners_[address].add(std::move(route));
  }
  return std::shared_ptr<const Router>(std::move(router));
}

const RouteTable* Router::at(std::string_view address) const {
  const auto found = listeners_.find(address);
  return found == listeners_.end() ? nullptr : &found->second;
}

}  // namespace weft::ingress
