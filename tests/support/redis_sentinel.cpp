#include "tests/support/redis_sentinel.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

namespace weft::tests {
namespace {

constexpr int k_sentinel_attempts = 5;  // to find a port: another process may take it first
constexpr std::chrono::seconds k_sentinel_patience{20};

bool wait_until(const std::function<bool()>& true_now) {
  const auto until = std::chrono::steady_clock::now() + k_sentinel_patience;
  while (!true_now()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace

RedisSentinel::RedisSentinel(std::uint16_t primary) {
  for (int i = 0; i < k_sentinel_attempts; ++i) {
    port_ = free_port();
    start(primary);
    const bool started = wait_until([&] {
      return !process_->running() || process_->output().find("monitor master") != std::string::npos;
    });
    if (started && process_->running()) return;
  }
  ADD_FAILURE() << "redis-server --sentinel does not start: " << process_->output();
}

void RedisSentinel::start(std::uint16_t primary) {
  const auto settings = folder_.path() / "sentinel.conf";
  std::ofstream(settings) << "port " << port_ << "\nbind 127.0.0.1\ndir " << folder_.path().string()
                          << "\nsentinel monitor shop 127.0.0.1 " << primary
                          << " 1\nsentinel down-after-milliseconds shop 500\n"
                             "sentinel failover-timeout shop 5000\n";
  process_ = std::make_unique<Process>(
      Process::Command{.words = {"redis-server", settings.string(), "--sentinel"},
                       .package = "redis-server",
                       .output = folder_.path() / "log"});
}

std::uint16_t RedisSentinel::primary() const {
  const auto place = cli({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "shop"});
  return static_cast<std::uint16_t>(std::stoi(place.substr(place.find('\n') + 1)));
}

void RedisSentinel::wait_for_replica() const {
  EXPECT_TRUE(wait_until([this] {
    const auto replicas = cli({"SENTINEL", "REPLICAS", "shop"});
    return replicas.find("master-link-status\nok") != std::string::npos;
  })) << cli({"SENTINEL", "REPLICAS", "shop"});
}

std::string RedisSentinel::cli(std::vector<std::string> words) const {
  std::vector<std::string> all = {"redis-cli", "-p", std::to_string(port_)};
  all.insert(all.end(), words.begin(), words.end());
  return run(all, "redis-tools");
}

}  // namespace weft::tests
