// Which component a request is for: by listener, then host, then longest path prefix. Immutable,
// shared by threads.
#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "net/http_message.h"

namespace weft::ingress {

struct Route {
  std::string address;  // of the listener, as net::ListenAddress::text() writes it
  std::string
      host;  // "shop.example", any case, no port; empty: every host without a route of its own
  std::string path = "/";  // "/cart" takes /cart and /cart/item, not /cartoon
  ComponentId source;      // the http-server provider that the link starts from
  LinkName link;
  std::string target;  // the component, for people
  // What a head that reaches the target may be like; those of the listener's other routes may make
  // it take more.
  net::HttpLimits head;
  ApplicationName application;
};

// The routes of one listener.
class RouteTable {
 public:
  // `host`: without port, any case. `target`: path and query. Null when nothing fits. Valid as long
  // as the router.
  const Route* find(std::string_view host, std::string_view target) const;
  void add(Route route);
  // What the listener must read for the routes that take most; no less than the defaults.
  const net::HttpLimits& head_limits() const { return largest_; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Paths = std::vector<Route>;  // longest path first
  static const Route* longest(const Paths& paths, std::string_view path);

  std::unordered_map<std::string, Paths, Hash, std::equal_to<>> hosts_;
  Paths any_host_;
  net::HttpLimits largest_;
};

class Router {
 public:
  // conflict: two applications, or two links of one, with the same route, both named; invalid: a
  // malformed path or host. All of them at once, one a line.
  static Result<std::shared_ptr<const Router>> make(std::vector<Route> routes);

  // Null when no route listens there.
  const RouteTable* at(std::string_view address) const;

 private:
  std::map<std::string, RouteTable, std::less<>> listeners_;
};

}  // namespace weft::ingress
