#include "host/http_front.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "host/manifest/findings.h"

namespace weft::host {
namespace {

constexpr std::chrono::milliseconds k_look_for_connections{5};

// A head may be read whole before it is known whom it is for: whatever the manifest says, a client
// can make the host hold no more than this.
constexpr std::size_t k_most_fields = 1024;
constexpr std::size_t k_most_head_bytes = 1024 * 1024;

// A little more than the component takes, so that the component refuses a head that is a little too
// large, and the refusal names its limit. Its count of bytes leaves the request line out.
net::HttpLimits head_limits(const contracts::Limits& limits) {
  net::HttpLimits head;
  const auto at_most = [](std::uint64_t most, std::uint64_t limit, std::size_t more) {
    return limit == 0 || limit >= most ? most : std::min(most, limit + more);
  };
  head.header_count = at_most(k_most_fields, limits.header_count, 32);
  head.header_bytes = at_most(k_most_head_bytes, limits.header_bytes, head.target_bytes);
  return head;
}

std::vector<ingress::Route> make_routes(const std::vector<FrontRoute>& routes) {
  std::vector<ingress::Route> made;
  for (const auto& [route, limits, at] : routes) {
    ingress::Route one;
    one.head = head_limits(limits);
    one.address = route.address;
    one.host = route.host;
    one.path = route.path;
    one.source = route.provider;
    one.link = route.link;
    one.target = route.target.str();
    made.push_back(std::move(one));
  }
  return made;
}

template <class All, class Some>
std::set<std::string> without(const All& all, const Some& some) {
  std::set<std::string> rest;
  for (const auto& one : all) {
    if (!some.contains(one)) rest.insert(one);
  }
  return rest;
}

template <class Map>
std::set<std::string> keys(const Map& map) {
  std::set<std::string> all;
  for (const auto& [key, value] : map) all.insert(key);
  return all;
}

Error taken(std::string_view address, std::string_view otherwise) {
  return {Errc::conflict, fmt::format("{} is taken: something else listens there; stop it, or {}",
                                      address, otherwise)};
}

// What is wrong with an address, with the place where it was written and what to write there.
Error placed(Error error, const std::vector<FrontRoute>& routes, const std::string& address) {
  const auto found = std::ranges::find_if(
      routes, [&](const FrontRoute& one) { return one.route.address == address; });
  if (found == routes.end()) return error;
  const auto& at = found->route.address_at;
  const bool conflict = error.code == Errc::conflict;
  if (at.line > 0) {
    if (conflict) error = taken(address, "write another address on this line");
    return std::move(error).context(manifest::text(at));
  }
  if (!at.file.empty()) {
    return conflict ? taken(address, "choose another address with " + at.file)
                    : std::move(error).context(at.file);
  }
  if (conflict) error = taken(address, "give this link another `address` in its source config");
  return found->at.line > 0 ? std::move(error).context(manifest::text(found->at)) : error;
}

// The admin address comes from the command line.
Error of_admin(Error error, const std::string& address) {
  constexpr const char* flag = "--admin";
  return error.code == Errc::conflict
             ? taken(address, fmt::format("choose another address with {}", flag))
             : std::move(error).context(flag);
}

ingress::HttpListenerParts listener_parts(Core& core, const HttpFrontParts& parts,
                                          ingress::AccessLog* access_log) {
  return {.turn = core.thread.loop.turn(),
          .invoker = core.switchboard,
          .metrics = core.http_metrics,
          .log = parts.log,
          .clock = parts.clock,
          .seed = parts.random,
          .access_log = access_log};
}

}  // namespace

Result<> HttpFront::open(const std::vector<FrontRoute>& routes) {
  TRY(auto router, ingress::Router::make(make_routes(routes)));
  std::set<std::string> wanted;
  for (const auto& one : routes) wanted.insert(one.route.address);
  const auto before = keys(open_);
  const auto fresh = without(wanted, before);
  const auto own = leaving(wanted);
  // All are asked for before any is taken: from then on clients may already be in its queue.
  for (const auto& address : fresh) {
    TRY(const auto parsed, net::ListenAddress::parse(address));
    if (auto free = parts_.network.probe(parsed, own); !free)
      return std::unexpected(placed(std::move(free).error(), routes, address));
  }
  for (const auto& address : fresh) {
    if (auto opened = open_address(address); !opened) {
      let_go(without(keys(open_), before), std::chrono::milliseconds(0));
      return std::unexpected(placed(std::move(opened).error(), routes, address));
    }
  }
  next_ = std::move(router);
  return {};
}

// The sockets of addresses that are not wanted any more: they are closed when the new ones serve.
std::vector<net::OwnSocket> HttpFront::leaving(const std::set<std::string>& wanted) const {
  std::vector<net::OwnSocket> sockets;
  for (const auto& [address, opened] : open_) {
    if (wanted.contains(address)) continue;
    sockets.insert(sockets.end(), opened.sockets.begin(), opened.sockets.end());
  }
  return sockets;
}

Result<> HttpFront::open_address(const std::string& address) {
  TRY(auto actual, net::ListenAddress::parse(address));
  // The first thread gets the port that the system chose for port 0; the others share it.
  std::mutex mutex;
  auto& opened = open_[address];
  const auto open = [&](Core& core) -> Result<> {
    const std::lock_guard lock(mutex);
    TRY(auto listening, parts_.network.listen(core.thread.loop.io(), actual));
    actual = listening.address;
    opened.sockets.push_back(net::own_socket(listening));
    core.listeners.insert_or_assign(address, std::make_unique<ingress::HttpListener>(
                                                 std::move(listening), address,
                                                 listener_parts(core, parts_, settings_.access_log),
                                                 net::HttpServerSettings{}));
    return {};
  };
  if (auto done = parts_.cores.try_everywhere(open); !done) {
    let_go({address}, std::chrono::milliseconds(0));
    return done;
  }
  opened.actual = actual.text();
  return {};
}

void HttpFront::route(std::chrono::milliseconds patience) {
  std::set<std::string> named;
  for (const auto& [address, opened] : open_) {
    if (next_->at(address) != nullptr) named.insert(address);
  }
  const auto fresh = without(named, serving_);
  parts_.cores.everywhere([&](Core& core) {
    for (const auto& address : named) {
      auto& listener = core.listeners.at(address);
      listener->set_router(next_);
      if (fresh.contains(address)) listener->start();
    }
  });
  for (const auto& address : fresh)
    parts_.log.info("listening", {{"address", open_.at(address).actual}});
  serving_.insert(fresh.begin(), fresh.end());
  let_go(without(keys(open_), named), patience);
}

Result<> HttpFront::serve_admin(ingress::AdminSource& source) {
  if (settings_.admin.empty()) return {};
  const auto opened = open_admin(source);
  if (!opened) return std::unexpected(of_admin(opened.error(), settings_.admin));
  parts_.log.info("health and metrics", {{"address", *opened}});
  return {};
}

Result<std::string> HttpFront::open_admin(ingress::AdminSource& source) {
  TRY(const auto address, net::ListenAddress::parse(settings_.admin));
  TRY_OK(parts_.network.probe(address));
  std::string actual;
  TRY_OK(parts_.cores.try_everywhere([&](Core& core) -> Result<> {
    if (core.index() != 0) return {};
    TRY(auto listening, parts_.network.listen(core.thread.loop.io(), address));
    actual = listening.address.text();
    core.admin = std::make_unique<net::HttpServer>(std::move(listening), core.thread.loop.turn(),
                                                   parts_.clock, net::HttpServerSettings{},
                                                   ingress::admin_peers(source));
    core.admin->start();
    return {};
  }));
  return actual;
}

bool HttpFront::any_left(const std::set<std::string>& addresses) {
  std::atomic<bool> left = false;
  parts_.cores.everywhere([&](Core& core) {
    for (const auto& address : addresses) {
      const auto listener = core.listeners.find(address);
      if (listener != core.listeners.end() && !listener->second->empty()) left = true;
    }
    if (!core.tasks.empty()) left = true;
  });
  return left;
}

void HttpFront::let_go(const std::set<std::string>& addresses, std::chrono::milliseconds patience) {
  if (addresses.empty()) return;
  const auto deadline = parts_.clock.now() + patience;
  parts_.cores.everywhere([&](Core& core) {
    for (const auto& address : addresses) {
      const auto listener = core.listeners.find(address);
      if (listener != core.listeners.end()) core.tasks.spawn(listener->second->drain(deadline));
    }
  });
  while (any_left(addresses)) std::this_thread::sleep_for(k_look_for_connections);
  parts_.cores.everywhere([&](Core& core) {
    for (const auto& address : addresses) core.listeners.erase(address);
  });
  for (const auto& address : addresses) {
    open_.erase(address);
    serving_.erase(address);
  }
}

void HttpFront::drain(std::chrono::milliseconds patience) { let_go(keys(open_), patience); }

void HttpFront::close() {
  drain(std::chrono::milliseconds(0));
  const auto deadline = parts_.clock.now();
  parts_.cores.everywhere([&](Core& core) {
    if (core.admin) core.tasks.spawn(core.admin->drain(deadline));
  });
  while (any_left({})) std::this_thread::sleep_for(k_look_for_connections);
  parts_.cores.everywhere([&](Core& core) { core.admin.reset(); });
}

void HttpFront::append_metrics(std::string& out) {
  std::vector<const ingress::HttpMetrics*> all;
  parts_.cores.each([&](const Core& core) { all.push_back(&core.http_metrics); });
  ingress::append_metrics(out, all);
}

}  // namespace weft::host
