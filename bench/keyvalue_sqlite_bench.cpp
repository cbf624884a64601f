// Durable increments of one key through the provider's Invoker, without HTTP or a guest:
//   keyvalue_sqlite_bench FOLDER [CALLERS] [SECONDS] [THREADS]
// Compare with: redis-server --appendonly yes --appendfsync always --save ''
//               redis-benchmark -t incr -c CALLERS -n 100000
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "contracts/keyvalue/types.h"
#include "providers/keyvalue_sqlite/keyvalue_sqlite.h"

namespace {

using namespace weft;
using Time = std::chrono::steady_clock;

// Calls again as soon as it is answered.
class Caller final : public contracts::Replier {
 public:
  Caller(contracts::Invoker& store, Time::time_point end) : store_(store), end_(end) {}

  void call() {
    const contracts::keyvalue::Item item{"bench", "counter"};
    const std::int64_t delta = 1;
    contracts::Invocation invocation;
    invocation.interface = contracts::keyvalue::k_interface;
    invocation.function = "increment";
    invocation.payload = contracts::encode(std::forward_as_tuple(item, delta));
    began_ = Time::now();
    pending_ = store_.invoke(std::move(invocation), *this);
  }

  void on_reply(contracts::Reply reply) noexcept override {
    pending_.settled();
    if (!reply.results || reply.results->data()[0] != std::byte{0}) std::abort();
    const auto now = Time::now();
    took.push_back(std::chrono::duration<double, std::micro>(now - began_).count());
    if (now < end_) call();
  }

  std::vector<double> took;

 private:
  contracts::Invoker& store_;
  const Time::time_point end_;
  Time::time_point began_;
  contracts::Pending pending_;
};

struct Thread {
  boost::asio::io_context context{1};
  // A write in flight is no work that the context knows of.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
  std::unique_ptr<contracts::Endpoint> endpoint;
  std::vector<std::unique_ptr<Caller>> callers;
  std::thread thread;
};

void report(std::vector<double> took, double seconds) {
  std::ranges::sort(took);
  const auto at = [&](double part) {
    return took[static_cast<std::size_t>(part * static_cast<double>(took.size() - 1))];
  };
  fmt::print("{:.0f} increments/s, p50 {:.0f} us, p99 {:.0f} us, max {:.0f} us\n",
             static_cast<double>(took.size()) / seconds, at(0.5), at(0.99), at(1));
}

long argument(int count, char** values, int index, long otherwise) {
  return index < count ? std::strtol(values[index], nullptr, 10) : otherwise;
}

}  // namespace

int main(int count, char** values) {
  if (count < 2) {
    fmt::print(stderr, "usage: keyvalue_sqlite_bench FOLDER [CALLERS] [SECONDS] [THREADS]\n");
    return 2;
  }
  const auto callers = argument(count, values, 2, 32), seconds = argument(count, values, 3, 5),
             threads = argument(count, values, 4, 1);
  const SystemClock clock;
  Log log({.level = LogLevel::warn}, clock,
          [](std::string_view line) { fmt::print(stderr, "{}", line); });
  auto store = providers::keyvalue_sqlite::KeyValueSqlite::start(
      {.folder = values[1], .id = "bench"}, clock, log);
  if (!store) {
    fmt::print(stderr, "{}\n", store.error().message);
    return 1;
  }
  const auto end = Time::now() + std::chrono::seconds(seconds);
  std::vector<std::unique_ptr<Thread>> all;
  for (long t = 0; t < threads; ++t) {
    auto& one = *all.emplace_back(std::make_unique<Thread>());
    one.endpoint = (*store)->open(one.context.get_executor(), {}).value();
    for (long c = t; c < callers; c += threads) {
      one.callers.push_back(std::make_unique<Caller>(*one.endpoint, end));
    }
    one.thread = std::thread([&one, end] {
      for (auto& caller : one.callers) caller->call();
      while (Time::now() < end) one.context.run_one_for(std::chrono::milliseconds(50));
      // The last answers are still on their way.
      one.context.run_for(std::chrono::milliseconds(100));
    });
  }
  std::vector<double> took;
  for (auto& one : all) {
    one->thread.join();
    for (auto& caller : one->callers)
      took.insert(took.end(), caller->took.begin(), caller->took.end());
  }
  report(std::move(took), static_cast<double>(seconds));
  (*store)->close();
  return 0;
}
