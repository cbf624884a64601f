// One link on one thread: a message leaves the file once its handler said ok, or was given up.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>

#include "contracts/messaging/queue_subscription.h"
#include "providers/messaging_sqlite/store.h"
#include "providers/messaging_sqlite/write.h"
#include "providers/sqlite/lane.h"
#include "providers/sqlite/writer.h"

namespace weft::providers::messaging_sqlite {

class SqliteSubscription final : public contracts::messaging::QueueSubscription {
 public:
  // `store` and its `writer` outlive this.
  SqliteSubscription(contracts::messaging::QueueSubscriptionParts parts, Reader reader,
                     Store& store, sqlite::Writer& writer);
  ~SqliteSubscription() override;

  std::size_t in_flight() const override { return QueueSubscription::in_flight() + unsettled_; }

 private:
  using Item = contracts::messaging::Item;
  using Ending = contracts::messaging::Ending;
  using Message = contracts::messaging::Message;

  Result<> open(const Item& item, const std::function<void(const Message&)>& use) override;
  void close(Item item, Ending ending) noexcept override;
  void leave_behind(std::size_t messages) override;

  void give_up(Item item);
  void bury(const Item& item, const std::shared_ptr<Reserved>& grave,
            contracts::messaging::OwnedMessage body);
  void settle(const Item& item, std::size_t bytes, Settle::Step step,
              std::function<void()> after = {});
  void wait_and_see(Item item, const Error& error, std::string_view what);

  const contracts::messaging::Redelivery redelivery_;
  Reader reader_;
  Store& store_;  // for the writer
  const std::shared_ptr<sqlite::Lane> lane_;
  std::size_t unsettled_ = 0;
};

}  // namespace weft::providers::messaging_sqlite
