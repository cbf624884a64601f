// Handles orders: each message is a call in an instance of its own. An order that cannot be handled
// is an error, which the broker may answer with another try; so handling one twice does no harm.
#include <exports/wasmcloud/messaging/handler.hpp>
#include <wasi/keyvalue/atomics.hpp>
#include <wasmcloud/messaging/consumer.hpp>
#include <wit/text.hpp>

namespace messaging = wasmcloud::messaging::consumer;
namespace store = wasi::keyvalue::store;
namespace atomics = wasi::keyvalue::atomics;
using message = exports::wasmcloud::messaging::handler::broker_message;
using handled = std::expected<void, std::string>;

namespace {

// "ID\nPRODUCT".
handled keep(store::bucket const& orders, std::string const& order, std::string_view outcome) {
  auto end = order.find('\n');
  if (end == order.npos) return std::unexpected("an order is an id and a product");
  auto id = order.substr(0, end);
  auto product = order.substr(end + 1);
  auto attempts = atomics::increment(orders, "attempts of " + id, 1);
  if (!attempts) return std::unexpected("the store cannot count");
  if (outcome == "handled" && product == "unicorn") return std::unexpected("unicorns are sold out");
  auto text = product + " is " + std::string(outcome);
  if (!orders.set(id, wit::bytes(text))) return std::unexpected("the store cannot be written");
  return {};
}

handled tell(store::bucket const& orders, message const& question) {
  auto id = wit::text(question.body);
  auto kept = orders.get(id);
  if (!kept) return std::unexpected("the store cannot be read");
  auto text = *kept ? wit::text(**kept) : "order " + id + " is not here";
  return messaging::publish({.subject = *question.reply_to, .body = {text.begin(), text.end()}});
}

}  // namespace

struct worker {
  static handled handle_message(message given) {
    auto orders = store::open("orders");
    if (!orders) return std::unexpected("the store cannot be opened");
    if (given.subject == "orders.status" && given.reply_to) return tell(*orders, given);
    if (given.subject == "orders.new") return keep(*orders, wit::text(given.body), "handled");
    if (given.subject == "orders.failed") return keep(*orders, wit::text(given.body), "given up");
    return std::unexpected("nobody knows what to do with " + given.subject);
  }
};

EXPORT_WASMCLOUD_MESSAGING_HANDLER(worker)
