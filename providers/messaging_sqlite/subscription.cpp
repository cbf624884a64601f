#include "providers/messaging_sqlite/subscription.h"

#include <utility>

namespace weft::providers::messaging_sqlite {

using contracts::messaging::kept_bytes;
using contracts::messaging::OwnedMessage;

namespace {

// Before something that the disk did not do is tried again, by delivering the message again.
constexpr std::chrono::seconds k_after_disk{1};
// What a write without a body holds.
constexpr std::size_t k_small = 128;

}  // namespace

SqliteSubscription::SqliteSubscription(contracts::messaging::QueueSubscriptionParts parts,
                                       Reader reader, Store& store, sqlite::Writer& writer)
    : QueueSubscription(parts),
      redelivery_(std::move(parts.settings.redelivery)),
      reader_(std::move(reader)),
      store_(store),
      lane_(std::make_shared<sqlite::Lane>(parts.executor, writer)) {}

SqliteSubscription::~SqliteSubscription() {
  give_back();
  lane_->close();
}

Result<> SqliteSubscription::open(const Item& item,
                                  const std::function<void(const Message&)>& use) {
  if (item.message) {
    use(item.message->view());
    return {};
  }
  auto message = reader_.read(item.id);
  if (message) {
    use(message->view());
    return {};
  }
  wait_and_see(item, message.error(), "a message could not be read");
  return std::unexpected(std::move(message).error());
}

void SqliteSubscription::close(Item item, Ending ending) noexcept {
  if (ending == Ending::handled) {
    if (item.message) return;
    return settle(item, k_small, [id = item.id](Store& store) { return store.remove(id); });
  }
  ++item.deliveries;
  const auto pause = redelivery_.pause_after(item.deliveries);
  if (!pause) return give_up(std::move(item));
  if (!item.message) {
    // Should this fail, the count is lost when the host ends, and not the message.
    settle({}, k_small, [id = item.id, count = item.deliveries](Store& store) {
      return store.count_delivery(id, count);
    });
  }
  queues().put_back(key(), std::move(item), clock().now() + *pause);
}

void SqliteSubscription::give_up(Item item) {
  log().error("a message is given up",
              {{"link", key()},
               {"deliveries", item.deliveries},
               {"dead letters",
                redelivery_.dead_letters.empty() ? "none" : redelivery_.dead_letters.c_str()}});
  if (redelivery_.dead_letters.empty()) {
    if (item.message) return;
    return settle(item, k_small, [id = item.id](Store& store) { return store.remove(id); });
  }
  auto message = item.message ? Result<OwnedMessage>(*item.message) : reader_.read(item.id);
  if (!message) return wait_and_see(item, message.error(), "a dead letter could not be read");
  message->subject = redelivery_.dead_letters;
  const auto bytes = kept_bytes(message->view());
  auto links = queues().reserve(redelivery_.dead_letters, bytes);
  if (!links) return wait_and_see(item, links.error(), "a dead letter could not be kept");
  bury(item, std::make_shared<Reserved>(queues(), *std::move(links), bytes), *std::move(message));
}

void SqliteSubscription::bury(const Item& item, const std::shared_ptr<Reserved>& grave,
                              OwnedMessage body) {
  if (grave->links().empty()) {
    log().error("nobody subscribes to the subject of dead letters: the message is dropped",
                {{"link", key()}, {"subject", body.subject}});
  }
  const auto bytes = kept_bytes(body.view());
  auto ids = std::make_shared<std::vector<std::int64_t>>();
  auto step = [id = item.id, grave, ids, body = std::move(body)](Store& store) -> Result<> {
    TRY(*ids, store.move(id, grave->links(), body.view()));
    return {};
  };
  settle(item, bytes, std::move(step), [grave, ids] { grave->fill(*ids); });
}

// `item`: what is delivered again when it fails; none has the number 0 and no message.
void SqliteSubscription::settle(const Item& item, std::size_t bytes, Settle::Step step,
                                std::function<void()> after) {
  ++unsettled_;
  // The lane answers only while this is there.
  auto done = [this, item](const Result<>& result) {
    --unsettled_;
    if (!result && (item.id != 0 || item.message))
      wait_and_see(item, result.error(), "what became of a message could not be written");
  };
  std::unique_ptr<sqlite::Write> write = std::make_unique<Settle>(
      lane_, store_, bytes, std::move(step), std::move(after), std::move(done));
  if (auto sent = lane_->send(write); !sent) {
    write->fail_with(std::move(sent).error());
    write->answer();
  }
}

void SqliteSubscription::wait_and_see(Item item, const Error& error, std::string_view what) {
  log().error(what, {{"link", key()}, {"error", error.message}});
  queues().put_back(key(), std::move(item), clock().now() + k_after_disk);
}

void SqliteSubscription::leave_behind(std::size_t messages) {
  log().info("messages wait until their link comes back",
             {{"link", key()}, {"messages", messages}});
}

}  // namespace weft::providers::messaging_sqlite
