#include "host/http_front.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "net/listen.h"

namespace weft::host {
namespace {

constexpr std::chrono::milliseconds k_look_again{5};

std::vector<ingress::Route> make_routes(const std::vector<plan::AddRoute>& routes) {
  std::vector<ingress::Route> made;
  for (const auto& route : routes) {
    ingress::Route one;
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

std::set<std::string> without(const std::set<std::string>& all, const std::set<std::string>& some) {
  std::set<std::string> rest;
  for (const auto& one : all) {
    if (!some.contains(one)) rest.insert(one);
  }
  return rest;
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

Result<> HttpFront::open(const std::vector<plan::AddRoute>& routes) {
  TRY(auto router, ingress::Router::make(make_routes(routes)));
  std::set<std::string> wanted;
  for (const auto& route : routes) wanted.insert(route.address);
  const auto before = open_;
  for (const auto& address : without(wanted, before)) {
    if (auto opened = open_address(address); !opened) {
      let_go(without(open_, before), std::chrono::milliseconds(0));
      return opened;
    }
  }
  next_ = std::move(router);
  return {};
}

Result<> HttpFront::open_address(const std::string& address) {
  TRY(const auto wanted, net::ListenAddress::parse(address));
  TRY_OK(parts_.network.probe(wanted));
  // The first thread gets the port that the system chose for port 0; the others share it.
  std::mutex mutex;
  auto actual = wanted;
  const auto open = [&](Core& core) -> Result<> {
    const std::lock_guard lock(mutex);
    TRY(auto listening, parts_.network.listen(core.thread.loop.io(), actual));
    actual = listening.address;
    core.listeners.insert_or_assign(address, std::make_unique<ingress::HttpListener>(
                                                 std::move(listening), address,
                                                 listener_parts(core, parts_, settings_.access_log),
                                                 net::HttpServerSettings{}));
    return {};
  };
  open_.insert(address);
  if (auto opened = parts_.cores.try_everywhere(open); !opened) {
    let_go({address}, std::chrono::milliseconds(0));
    return opened;
  }
  actual_[address] = actual.text();
  return {};
}

void HttpFront::route(std::chrono::milliseconds patience) {
  std::set<std::string> named;
  for (const auto& address : open_) {
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
  for (const auto& address : fresh) parts_.log.info("listening", {{"address", actual_[address]}});
  serving_.insert(fresh.begin(), fresh.end());
  let_go(without(open_, named), patience);
}

Result<> HttpFront::serve_admin(ingress::AdminSource& source) {
  if (settings_.admin.empty()) return {};
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
  parts_.log.info("health and metrics", {{"address", actual}});
  return {};
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
  while (any_left(addresses)) std::this_thread::sleep_for(k_look_again);
  parts_.cores.everywhere([&](Core& core) {
    for (const auto& address : addresses) core.listeners.erase(address);
  });
  for (const auto& address : addresses) {
    open_.erase(address);
    serving_.erase(address);
    actual_.erase(address);
  }
}

void HttpFront::drain(std::chrono::milliseconds patience) {
  const auto all = open_;
  let_go(all, patience);
}

void HttpFront::close() {
  drain(std::chrono::milliseconds(0));
  const auto deadline = parts_.clock.now();
  parts_.cores.everywhere([&](Core& core) {
    if (core.admin) core.tasks.spawn(core.admin->drain(deadline));
  });
  while (any_left({})) std::this_thread::sleep_for(k_look_again);
  parts_.cores.everywhere([&](Core& core) { core.admin.reset(); });
}

void HttpFront::append_metrics(std::string& out) {
  std::vector<const ingress::HttpMetrics*> all;
  parts_.cores.each([&](const Core& core) { all.push_back(&core.http_metrics); });
  ingress::append_metrics(out, all);
}

}  // namespace weft::host
