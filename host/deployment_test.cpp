#include "host/deployment.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <utility>

namespace weft::host {
namespace {

namespace fs = std::filesystem;

// What the endpoints of a test's provider are asked and when they go away.
struct Watched {
  std::atomic<int> open = 0;                // endpoints
  std::atomic<int> busy_looks = 0;          // in_flight() answers 1 so many times more
  std::atomic<int> closed_while_busy = 0;   // endpoints that went away before
  std::atomic<int> open_at_close = -1;      // endpoints when the provider closed
  std::atomic<bool> refuse_second = false;  // the second endpoint of a provider does not open
  // Subscriptions that are there, that take, and those that were there when the provider closed.
  std::atomic<int> subscribed = 0, taking = 0, subscribed_at_close = -1;
  std::atomic<int> unconfirmed_looks = 0;  // is_taking() answers false so many times
  std::atomic<int> ended_while_taking = 0;
};

class WatchedEndpoint final : public contracts::Endpoint {
 public:
  explicit WatchedEndpoint(Watched& watched) : watched_(watched) { ++watched_.open; }
  WatchedEndpoint(const WatchedEndpoint&) = delete;
  WatchedEndpoint& operator=(const WatchedEndpoint&) = delete;
  ~WatchedEndpoint() override {
    --watched_.open;
    if (watched_.busy_looks > 0) ++watched_.closed_while_busy;
  }
  contracts::Pending invoke(contracts::Invocation, contracts::Replier& replier) override {
    replier.on_reply({fail(Errc::unavailable, "it answers nothing")});
    return {};
  }
  std::size_t in_flight() const override { return watched_.busy_looks-- > 0 ? 1 : 0; }

 private:
  Watched& watched_;
};

class WatchedSubscription final : public contracts::Subscription {
 public:
  explicit WatchedSubscription(Watched& watched) : watched_(watched) { ++watched_.subscribed; }
  WatchedSubscription(const WatchedSubscription&) = delete;
  WatchedSubscription& operator=(const WatchedSubscription&) = delete;
  ~WatchedSubscription() override {
    --watched_.subscribed;
    if (taking_) ++watched_.ended_while_taking;
  }
  void start() override {
    taking_ = true;
    ++watched_.taking;
  }
  bool is_taking() const override { return watched_.unconfirmed_looks-- <= 0; }
  void stop() override {
    if (std::exchange(taking_, false)) --watched_.taking;
  }
  std::size_t in_flight() const override { return watched_.busy_looks-- > 0 ? 1 : 0; }

 private:
  Watched& watched_;
  bool taking_ = false;
};

class WatchedProvider final : public contracts::Provider {
 public:
  explicit WatchedProvider(Watched& watched) : watched_(watched) {}
  Result<std::unique_ptr<contracts::Endpoint>> open(boost::asio::io_context::executor_type,
                                                    const contracts::Settings& settings) override {
    if (settings.contains("bad")) return fail(Errc::invalid, "`bad` is not a key");
    if (watched_.refuse_second && asked_++ > 0) return fail(Errc::invalid, "one is enough");
    return std::make_unique<WatchedEndpoint>(watched_);
  }
  Result<std::unique_ptr<contracts::Subscription>> subscribe(boost::asio::io_context::executor_type,
                                                             const contracts::SourceLink& link,
                                                             contracts::Invoker&) override {
    EXPECT_EQ(link.threads, 2u);
    EXPECT_EQ(link.calls, 7u);
    if (link.settings.contains("bad")) return fail(Errc::invalid, "`bad` is not a key");
    return std::make_unique<WatchedSubscription>(watched_);
  }
  void close() override {
    watched_.open_at_close = watched_.open.load();
    watched_.subscribed_at_close = watched_.subscribed.load();
  }

 private:
  std::atomic<int> asked_ = 0;  // by threads at once
  Watched& watched_;
};

class DeploymentTest : public testing::Test {
 protected:
  static constexpr int k_threads = 2;

  DeploymentTest() {
    std::string pattern = (fs::temp_directory_path() / "weft-deployment-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    state_ = *StateDir::open(folder_ / "state");
    deployment_ = std::make_unique<Deployment>(
        DeploymentParts{cores_, *engine_, &*state_, providers_, clock_, random_, log_});
  }
  ~DeploymentTest() override {
    deployment_.reset();
    fs::remove_all(folder_);
  }

  Generation start_provider() {
    return deployment_->start(plan::StartProvider{k_id, "weft:watched", {}}).value();
  }
  Result<Generation> open(Generation provider, const contracts::Settings& settings) {
    return deployment_->start(plan::OpenEndpoint{k_id, settings, "kv#1"}, provider);
  }

  Result<Generation> subscribe(Generation provider, const contracts::Settings& settings = {}) {
    return deployment_->start(plan::Subscribe{k_id, LinkName("default"), "a:b/c@1.0.0",
                                              ComponentId("worker"), settings, 7},
                              provider);
  }

  const ComponentId k_id{"kv"};
  SystemClock clock_;
  SystemRandom random_;
  Log log_{{.level = LogLevel::off}, clock_, [](std::string_view) {}};
  std::unique_ptr<engine::Engine> engine_ =
      *engine::Engine::open({.threads = k_threads, .guests = 8, .cache = {}, .adapters = {}}, log_);
  engine::Reporter reporter_{log_};
  Cores cores_{k_threads, {}, {*engine_, clock_, random_, log_, reporter_}};
  Watched watched_;
  contracts::ProviderKind kind_{
      .info = {.name = "weft:watched",
               .what = "",
               .aliases = {},
               .serves = {},
               .calls = {},
               .keys = {}},
      .start =
          [this](const contracts::ProviderStart&) -> Result<std::unique_ptr<contracts::Provider>> {
        return std::make_unique<WatchedProvider>(watched_);
      }};
  const manifest::Providers providers_{{&kind_}};
  fs::path folder_;
  std::optional<StateDir> state_;
  std::unique_ptr<Deployment> deployment_;
};

TEST_F(DeploymentTest, opens_an_endpoint_on_every_thread) {
  ASSERT_TRUE(open(start_provider(), {}));

  EXPECT_EQ(watched_.open, k_threads);
}

TEST_F(DeploymentTest, opens_no_endpoint_where_one_thread_cannot) {
  const auto provider = start_provider();
  watched_.refuse_second = true;

  const auto refused = open(provider, {});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "linking to kv: one is enough");
  EXPECT_EQ(watched_.open, 0);
}

TEST_F(DeploymentTest, tells_which_setting_of_a_link_is_wrong) {
  const auto refused = open(start_provider(), {{"bad", "1"}});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "linking to kv: `bad` is not a key");
}

TEST_F(DeploymentTest, lets_go_of_an_endpoint_when_its_calls_are_over) {
  const auto endpoint = open(start_provider(), {}).value();
  watched_.busy_looks = 3;

  deployment_->stop({endpoint}, std::chrono::seconds(30));

  EXPECT_EQ(watched_.open, 0);
  EXPECT_EQ(watched_.closed_while_busy, 0);
}

TEST_F(DeploymentTest, lets_go_of_an_endpoint_that_stays_busy_when_its_time_is_up) {
  const auto endpoint = open(start_provider(), {}).value();
  watched_.busy_looks = 1'000'000;

  deployment_->stop({endpoint}, std::chrono::milliseconds(1));

  EXPECT_EQ(watched_.open, 0);
  EXPECT_EQ(watched_.closed_while_busy, k_threads);
}

TEST_F(DeploymentTest, closes_a_provider_before_its_endpoints_so_that_their_calls_are_answered) {
  const auto provider = start_provider();
  ASSERT_TRUE(open(provider, {}));

  deployment_->stop({provider}, std::chrono::seconds(30));

  EXPECT_EQ(watched_.open_at_close, k_threads);
  EXPECT_EQ(watched_.open, 0);
}

TEST_F(DeploymentTest, subscribes_on_every_thread_and_takes_nothing_before_it_is_to) {
  const auto subscription = subscribe(start_provider()).value();
  EXPECT_EQ(watched_.subscribed, k_threads);
  EXPECT_EQ(watched_.taking, 0);
  watched_.unconfirmed_looks = 5;

  deployment_->begin({subscription}, std::chrono::seconds(30));

  EXPECT_EQ(watched_.taking, k_threads);
  EXPECT_LE(watched_.unconfirmed_looks, 0);
}

TEST_F(DeploymentTest, says_which_setting_of_a_subscription_is_wrong) {
  const auto refused = subscribe(start_provider(), {{"bad", "1"}});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "subscribing worker at kv: `bad` is not a key");
  EXPECT_EQ(watched_.subscribed, 0);
}

TEST_F(DeploymentTest, stops_a_subscription_before_it_waits_for_its_calls) {
  const auto subscription = subscribe(start_provider()).value();
  deployment_->begin({subscription}, std::chrono::milliseconds(0));
  watched_.busy_looks = 5;

  deployment_->stop({subscription}, std::chrono::seconds(30));

  EXPECT_EQ(watched_.taking, 0);
  EXPECT_LE(watched_.busy_looks, 0);
  EXPECT_EQ(watched_.subscribed, 0);
  EXPECT_EQ(watched_.ended_while_taking, 0);
}

TEST_F(DeploymentTest, ends_the_subscriptions_of_a_provider_before_it_closes) {
  const auto provider = start_provider();
  deployment_->begin({subscribe(provider).value()}, std::chrono::milliseconds(0));

  deployment_->stop({provider}, std::chrono::seconds(30));

  EXPECT_EQ(watched_.subscribed_at_close, 0);
  EXPECT_EQ(watched_.ended_while_taking, 0);
}

}  // namespace
}  // namespace weft::host
