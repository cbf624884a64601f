#include "ingress/http/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace weft::ingress {
namespace {

using Threads = std::span<const HttpMetrics* const>;

template <class Get>
std::uint64_t sum(Threads threads, Get get) {
  std::uint64_t total = 0;
  for (const auto* thread : threads) total += get(*thread).value();
  return total;
}

void describe(std::string& out, std::string_view name, std::string_view type,
              std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

template <class Get>
void append(std::string& out, Threads threads, std::string_view name, std::string_view type,
            std::string_view help, Get get) {
  describe(out, name, type, help);
  fmt::format_to(std::back_inserter(out), "{} {}\n", name, sum(threads, get));
}

void append_latency(std::string& out, Threads threads) {
  constexpr std::string_view name = "weft_http_request_seconds";
  describe(out, name, "histogram", "Time from a request's head to the end of its answer.");
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= k_latency_bounds.size(); ++i) {
    below += sum(threads, [i](const HttpMetrics& m) -> const Count& { return m.latency[i]; });
    const auto bound =
        i < k_latency_bounds.size() ? fmt::format("{}", k_latency_bounds[i]) : std::string("+Inf");
    fmt::format_to(std::back_inserter(out), "{}_bucket{{le=\"{}\"}} {}\n", name, bound, below);
  }
  const auto nanoseconds =
      sum(threads, [](const HttpMetrics& m) -> const Count& { return m.latency_nanoseconds; });
  fmt::format_to(std::back_inserter(out), "{0}_sum {1}\n{0}_count {2}\n", name,
                 static_cast<double>(nanoseconds) / 1e9, below);
}

}  // namespace

void HttpMetrics::finished(std::uint16_t status, std::chrono::nanoseconds took) {
  if (status >= 100 && status < 1000) by_class[status / 100 - 1u].add();
  const double seconds = static_cast<double>(took.count()) / 1e9;
  const auto bucket =
      std::ranges::lower_bound(k_latency_bounds, seconds) - k_latency_bounds.begin();
  latency[static_cast<std::size_t>(bucket)].add();
  latency_nanoseconds.add(static_cast<std::uint64_t>(took.count()));
}

void append_metrics(std::string& out, Threads threads) {
  describe(out, "weft_http_requests_total", "counter", "Requests answered, by class of status.");
  for (std::size_t i = 1; i < 9; ++i) {
    // HTTP defines none above 5xx: they stand here only once a component answered so.
    const auto count =
        sum(threads, [i](const HttpMetrics& m) -> const Count& { return m.by_class[i]; });
    if (i >= 5 && count == 0) continue;
    fmt::format_to(std::back_inserter(out), "weft_http_requests_total{{class=\"{}xx\"}} {}\n",
                   i + 1, count);
  }
  append(out, threads, "weft_http_requests_in_flight", "gauge", "Requests that are being served.",
         [](const HttpMetrics& m) -> const Count& { return m.in_flight; });
  append(out, threads, "weft_http_refused_total", "counter",
         "Requests that were malformed, too large or too slow.",
         [](const HttpMetrics& m) -> const Count& { return m.refused; });
  append(out, threads, "weft_http_client_left_total", "counter",
         "Requests whose client did not wait for the answer.",
         [](const HttpMetrics& m) -> const Count& { return m.client_left; });
  append(out, threads, "weft_http_request_body_bytes_total", "counter", "Bytes of request bodies.",
         [](const HttpMetrics& m) -> const Count& { return m.bytes_in; });
  append(out, threads, "weft_http_response_body_bytes_total", "counter",
         "Bytes of response bodies.",
         [](const HttpMetrics& m) -> const Count& { return m.bytes_out; });
  append(out, threads, "weft_http_connections_open", "gauge", "Connections that are open.",
         [](const HttpMetrics& m) -> const Count& { return m.connections_open; });
  append(out, threads, "weft_http_connections_total", "counter", "Connections accepted.",
         [](const HttpMetrics& m) -> const Count& { return m.connections; });
  append_latency(out, threads);
}

}  // namespace weft::ingress
