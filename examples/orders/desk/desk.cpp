// Takes orders over HTTP. It keeps none and handles none: it sends messages, and asks.
#include <wasi/keyvalue/store.hpp>
#include <wasmcloud/messaging/consumer.hpp>
#include <weft/http.hpp>
#include <wit/text.hpp>

namespace messaging = wasmcloud::messaging::consumer;
namespace store = wasi::keyvalue::store;

namespace {

http::response answer(std::uint16_t status, std::string text) {
  return {.status = status,
          .headers = {{"content-type", "text/plain; charset=utf-8"}},
          .body = std::move(text) + "\n"};
}

// The order is on its way when this is answered, and not yet handled.
http::response take(std::string const& id, std::string const& product) {
  auto order = id + "\n" + product;
  auto sent = messaging::publish({.subject = "orders.new", .body = {order.begin(), order.end()}});
  if (!sent) return answer(503, sent.error());
  return answer(202, "order " + id + " is taken");
}

// What the store says of it.
http::response show(std::string const& id) {
  auto bucket = store::open("orders");
  if (!bucket) return answer(503, "the store cannot be opened");
  auto kept = bucket->get(id);
  if (!kept) return answer(503, "the store cannot be read");
  if (!*kept) return answer(404, "order " + id + " is not handled yet");
  return answer(200, wit::text(**kept));
}

// What the worker says of it.
http::response ask(std::string const& id) {
  auto reply = messaging::request("orders.status", wit::bytes(id), 2000);
  if (!reply) return answer(504, reply.error());
  return answer(200, wit::text(reply->body));
}

}  // namespace

http::response http::handle(http::request request) {
  auto path = request.path();
  auto rest = [&](std::string_view prefix) { return path.substr(prefix.size()); };
  if (path.starts_with("/orders/") && request.method() == "POST")
    return take(rest("/orders/"), request.text());
  if (path.starts_with("/orders/")) return show(rest("/orders/"));
  if (path.starts_with("/status/")) return ask(rest("/status/"));
  return answer(404, "POST /orders/ID, GET /orders/ID or GET /status/ID");
}

EXPORT_HTTP_HANDLER
