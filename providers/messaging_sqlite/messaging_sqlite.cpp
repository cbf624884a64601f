#include "providers/messaging_sqlite/messaging_sqlite.h"

#include <array>
#include <memory>
#include <utility>

#include "contracts/messaging/capabilities.h"
#include "contracts/messaging/queue_face.h"
#include "providers/messaging_sqlite/store.h"
#include "providers/messaging_sqlite/subscription.h"
#include "providers/messaging_sqlite/write.h"
#include "providers/sqlite/file.h"
#include "providers/sqlite/lane.h"
#include "providers/sqlite/writer.h"

namespace weft::providers::messaging_sqlite {
namespace {

namespace ms = contracts::messaging;

// What the provider, its endpoints and its subscriptions share.
struct Shared {
  const sqlite::File file;
  Store store;  // the writer's thread only
  ms::QueueBroker broker;
};

// A message is kept in the file.
class Face final : public ms::QueueFace {
 public:
  Face(boost::asio::io_context::executor_type executor, Shared& shared, sqlite::Writer& writer)
      : QueueFace(executor, shared.broker),
        store_(shared.store),
        lane_(std::make_shared<sqlite::Lane>(std::move(executor), writer)) {}
  Face(const Face&) = delete;
  Face& operator=(const Face&) = delete;
  ~Face() override { lane_->close(); }

 private:
  void keep(const ms::Message& message, ms::Answer<void> answer) override {
    const auto bytes = ms::kept_bytes(message);
    auto links = broker().queues.reserve(message.subject, bytes);
    if (!links) return std::move(answer)(std::unexpected(std::move(links).error()));
    if (links->empty()) return std::move(answer)({});
    auto reserved = std::make_unique<Reserved>(broker().queues, *std::move(links), bytes);
    std::unique_ptr<sqlite::Write> write =
        std::make_unique<Publish>(lane_, store_, message, std::move(reserved), std::move(answer));
    if (auto sent = lane_->send(write); !sent) {
      write->fail_with(std::move(sent).error());
      write->answer();
    }
  }

  Store& store_;  // for the writer
  const std::shared_ptr<sqlite::Lane> lane_;
};

class SqliteEndpoint final : public contracts::Endpoint {
 public:
  SqliteEndpoint(boost::asio::io_context::executor_type executor, Shared& shared,
                 sqlite::Writer& writer)
      : face_(std::move(executor), shared, writer) {}
  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    return invoker_.invoke(std::move(invocation), replier);
  }
  std::size_t in_flight() const override { return invoker_.in_flight(); }

 private:
  Face face_;
  ms::MessagingInvoker invoker_{face_};
};

class SqliteProvider final : public contracts::Provider {
 public:
  SqliteProvider(sqlite::File file, Store store, ms::QueueLimits limits,
                 const contracts::ProviderStart& start)
      : shared_{.file = std::move(file),
                .store = std::move(store),
                .broker = ms::QueueBroker(limits, start)} {}

  // Takes what the file holds into the queues, and starts the writer's thread.
  Result<> begin() {
    TRY_OK(shared_.store.load([this](const Store::Row& row) {
      shared_.broker.queues.restore(
          row.link,
          {.id = row.id, .deliveries = row.deliveries, .bytes = row.bytes, .message = nullptr});
    }));
    writer_ = std::make_unique<sqlite::Writer>(sqlite::Writer::Setup{.store = shared_.store,
                                                                     .what = "message store",
                                                                     .limits = {},
                                                                     .clock = shared_.broker.clock,
                                                                     .log = shared_.broker.log});
    return {};
  }

  Result<std::unique_ptr<contracts::Endpoint>> open(
      boost::asio::io_context::executor_type executor,
      const contracts::Settings& /*settings*/) override {
    return std::make_unique<SqliteEndpoint>(std::move(executor), shared_, *writer_);
  }
  Result<std::unique_ptr<contracts::Subscription>> subscribe(
      boost::asio::io_context::executor_type executor, const contracts::SourceLink& link,
      contracts::Invoker& calls) override {
    TRY(auto settings, ms::SubscriptionSettings::read(link));
    TRY(auto reader, Reader::open(shared_.file.path()));
    return std::make_unique<SqliteSubscription>(
        ms::QueueSubscriptionParts{.executor = std::move(executor),
                                   .link = link,
                                   .settings = std::move(settings),
                                   .calls = calls,
                                   .queues = shared_.broker.queues,
                                   .clock = shared_.broker.clock,
                                   .random = shared_.broker.random,
                                   .log = shared_.broker.log},
        std::move(reader), shared_.store, *writer_);
  }
  void close() override {
    shared_.broker.closed.store(true);
    writer_->close();
  }

 private:
  Shared shared_;
  std::unique_ptr<sqlite::Writer> writer_;
};

constexpr auto k_limits = ms::queue_keys("1000000", "1073741824");
constexpr std::array k_keys = {ms::k_subscription_keys[0],
                               ms::k_subscription_keys[1],
                               ms::k_subscription_keys[2],
                               ms::k_redelivery_keys[0],
                               ms::k_redelivery_keys[1],
                               ms::k_redelivery_keys[2],
                               ms::k_redelivery_keys[3],
                               k_limits[0],
                               k_limits[1]};

Result<std::unique_ptr<contracts::Provider>> start(const contracts::ProviderStart& start) {
  TRY(const auto limits,
      ms::read_queue_limits(start.config, {.messages = 1'000'000, .bytes = std::size_t{1} << 30}));
  TRY(auto file, sqlite::File::take(start.state, start.id.text()));
  TRY(auto store, Store::open(file.path()));
  file.sync_folder();
  auto provider =
      std::make_unique<SqliteProvider>(std::move(file), std::move(store), limits, start);
  TRY_OK(provider->begin());
  return provider;
}

}  // namespace

const contracts::ProviderKind& kind() {
  static const contracts::ProviderKind made{
      .info = {.name = ms::k_sqlite.provider,
               .what = "keeps messages in a file until they are handled",
               .aliases = {},
               .serves = ms::k_served,
               .calls = ms::k_called,
               .keys = k_keys},
      .succession = contracts::Succession::after_close,
      .start = start};
  return made;
}

}  // namespace weft::providers::messaging_sqlite
