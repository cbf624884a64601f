// What HTTP in has done, counted on each thread without locks and added up when somebody asks.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace weft::ingress {

// Written by one thread, read by any.
class Count {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) { add(~n + 1); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// Upper bounds in seconds of the latency buckets; the last bucket has none.
inline constexpr std::array<double, 14> k_latency_bounds = {
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 10};

// One per thread; the thread adds, others only read.
struct HttpMetrics {
  std::array<Count, 9> by_class;  // requests that are over: 1xx (never) to 9xx, the status answered
  Count in_flight;
  Count refused;  // malformed, too large, too slow
  Count client_left;
  Count bytes_in, bytes_out;  // of bodies
  std::array<Count, k_latency_bounds.size() + 1> latency;
  Count latency_nanoseconds;
  Count connections_open, connections;

  void finished(std::uint16_t status, std::chrono::nanoseconds took);
};

// Adds the threads up and appends them in Prometheus' text format 0.0.4.
void append_metrics(std::string& out, std::span<const HttpMetrics* const> threads);

}  // namespace weft::ingress
