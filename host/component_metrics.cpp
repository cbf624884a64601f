#include "host/component_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

namespace weft::host {
namespace {

struct Metric {
  std::string_view name, type, help;
  double (*value)(const engine::Counts&);
};

constexpr double k_nanosecond = 1e-9;
constexpr std::array k_metrics = {
    Metric{"weft_component_calls_total", "counter", "Calls begun.",
           [](const engine::Counts& counts) { return static_cast<double>(counts.calls); }},
    Metric{"weft_component_calls_in_flight", "gauge", "Calls begun and not over.",
           [](const engine::Counts& counts) { return static_cast<double>(counts.in_flight); }},
    Metric{"weft_component_calls_waiting", "gauge", "Calls that wait for their turn.",
           [](const engine::Counts& counts) { return static_cast<double>(counts.waiting); }},
    Metric{"weft_component_calls_refused_total", "counter",
           "Calls refused because the queue was full.",
           [](const engine::Counts& counts) { return static_cast<double>(counts.refused); }},
    Metric{"weft_component_cpu_seconds_total", "counter", "CPU time of calls that are over.",
           [](const engine::Counts& counts) {
             return static_cast<double>(counts.cpu_ns) * k_nanosecond;
           }},
    Metric{"weft_component_log_lines_missing_total", "counter",
           "Log lines left out because they came faster than the limit log_lines allows.",
           [](const engine::Counts& counts) { return static_cast<double>(counts.lines_missing); }},
};

void append_head(std::string& out, std::string_view name, std::string_view type,
                 std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

// The id of a component that `weft run` runs is the name of its file, which may hold anything.
std::string label(std::string_view value) {
  std::string made;
  for (const char c : value) {
    if (c == '"' || c == '\\') made += '\\';
    made += c == '\n' ? "\\n" : std::string_view(&c, 1);
  }
  return made;
}

}  // namespace

void add(engine::Counts& sum, const engine::Counts& more) {
  sum.calls += more.calls;
  sum.in_flight += more.in_flight;
  sum.waiting += more.waiting;
  sum.refused += more.refused;
  sum.cpu_ns += more.cpu_ns;
  sum.lines_missing += more.lines_missing;
  for (std::size_t i = 0; i < sum.errors.size(); ++i) sum.errors[i] += more.errors[i];
}

void ComponentTotals::set(std::vector<std::shared_ptr<const engine::Component>> running) {
  for (const auto& before : running_) {
    if (std::ranges::find(running, before) != running.end()) continue;
    auto counts = before->counts();
    counts.in_flight = counts.waiting = 0;  // nothing of it goes on
    add(ended_[before->id()], counts);
  }
  std::erase_if(ended_, [&running](const auto& one) {
    return std::ranges::none_of(
        running, [&one](const auto& component) { return component->id() == one.first; });
  });
  running_ = std::move(running);
}

ComponentCounts ComponentTotals::counts() const {
  auto sums = ended_;
  for (const auto& component : running_) add(sums[component->id()], component->counts());
  return sums;
}

void append_metrics(std::string& out, const ComponentCounts& counts) {
  for (const auto& metric : k_metrics) {
    append_head(out, metric.name, metric.type, metric.help);
    for (const auto& [id, one] : counts) {
      fmt::format_to(std::back_inserter(out), "{}{{component=\"{}\"}} {}\n", metric.name, label(id),
                     metric.value(one));
    }
  }
  constexpr std::string_view errors = "weft_component_errors_total";
  append_head(out, errors, "counter", "Calls that failed, by kind of error.");
  for (const auto& [id, one] : counts) {
    for (std::size_t code = 0; code < one.errors.size(); ++code) {
      if (one.errors[code] == 0) continue;
      fmt::format_to(std::back_inserter(out), "{}{{component=\"{}\",error=\"{}\"}} {}\n", errors,
                     label(id), name(static_cast<Errc>(code)), one.errors[code]);
    }
  }
}

}  // namespace weft::host
