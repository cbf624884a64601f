#include "ingress/http/listener.h"

#include <utility>

namespace weft::ingress {

HttpListener::HttpListener(net::Listening listening, std::string address, HttpListenerParts parts,
                           net::HttpServerSettings settings)
    : random_(parts.seed),
      context_{.invoker = parts.invoker,
               .metrics = parts.metrics,
               .log = parts.log,
               .clock = parts.clock,
               .access_log = parts.access_log,
               .random = random_,
               .address = std::move(address),
               .router = {},
               .routes = nullptr,
               .request_fields = {},
               .response_fields = {}},
      server_(std::move(listening), parts.turn, parts.clock, settings,
              [this](net::Socket socket, net::HttpServer& server) {
                return std::make_unique<Exchange>(std::move(socket), server, context_);
              }) {}

void HttpListener::set_router(std::shared_ptr<const Router> router) {
  context_.routes = router ? router->at(context_.address) : nullptr;
  if (context_.routes != nullptr) server_.set_limits(context_.routes->head_limits());
  context_.router = std::move(router);
}

}  // namespace weft::ingress
