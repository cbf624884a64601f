#include "host/status.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>
#include <utility>

namespace weft::host {
namespace {

using Components = std::vector<std::shared_ptr<const engine::Component>>;

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

// Ids are words of letters, digits and '_-': nothing in them needs escaping.
void append_components(std::string& out, const Components& components) {
  for (const auto& metric : k_metrics) {
    append_head(out, metric.name, metric.type, metric.help);
    for (const auto& component : components) {
      fmt::format_to(std::back_inserter(out), "{}{{component=\"{}\"}} {}\n", metric.name,
                     component->id(), metric.value(component->counts()));
    }
  }
  constexpr std::string_view errors = "weft_component_errors_total";
  append_head(out, errors, "counter", "Calls that failed, by kind of error.");
  for (const auto& component : components) {
    const auto counts = component->counts();
    for (std::size_t code = 0; code < counts.errors.size(); ++code) {
      if (counts.errors[code] == 0) continue;
      fmt::format_to(std::back_inserter(out), "{}{{component=\"{}\",error=\"{}\"}} {}\n", errors,
                     component->id(), name(static_cast<Errc>(code)), counts.errors[code]);
    }
  }
}

}  // namespace

void Status::set(Phase phase) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
}

void Status::set(Components components) {
  const std::lock_guard lock(mutex_);
  components_ = std::move(components);
}

std::string Status::not_ready() {
  const std::lock_guard lock(mutex_);
  switch (phase_) {
    case Phase::starting:
      return "the applications are being started";
    case Phase::draining:
      return "the host is draining";
    case Phase::serving:
      return "";
  }
  return "";
}

void Status::append_metrics(std::string& out) {
  http_.append_metrics(out);
  Components components;
  {
    const std::lock_guard lock(mutex_);
    components = components_;
  }
  append_components(out, components);
}

}  // namespace weft::host
