#include "host/manifest/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>
#include <tuple>

namespace weft::manifest {

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::info:
      return "info";
  }
  return "error";
}

void Findings::error(contracts::Position at, std::string message, std::string suggestion) {
  all_.push_back({Severity::error, std::move(at), std::move(message), std::move(suggestion)});
}

void Findings::warning(contracts::Position at, std::string message, std::string suggestion) {
  all_.push_back({Severity::warning, std::move(at), std::move(message), std::move(suggestion)});
}

void Findings::info(contracts::Position at, std::string message, std::string suggestion) {
  all_.push_back({Severity::info, std::move(at), std::move(message), std::move(suggestion)});
}

void Findings::append(Findings other) {
  all_.insert(all_.end(), std::make_move_iterator(other.all_.begin()),
              std::make_move_iterator(other.all_.end()));
}

void Findings::sort() {
  const auto place = [](const Finding& one) {
    return std::tuple(one.at.file, one.at.line, one.at.column);
  };
  std::set<std::tuple<std::string, std::uint32_t, std::uint32_t>> wrong;
  for (const auto& finding : all_) {
    if (finding.severity == Severity::error && finding.at.line > 0) wrong.insert(place(finding));
  }
  std::erase_if(all_, [&](const Finding& one) {
    return one.severity == Severity::warning && wrong.contains(place(one));
  });
  std::vector<std::size_t> order(all_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::tie(all_[a].at.file, all_[a].at.line, a) <
           std::tie(all_[b].at.file, all_[b].at.line, b);
  });
  std::vector<Finding> sorted;
  sorted.reserve(all_.size());
  for (const auto index : order) sorted.push_back(std::move(all_[index]));
  all_ = std::move(sorted);
}

std::size_t Findings::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(all_, severity, &Finding::severity));
}

std::string text(const contracts::Position& at) {
  if (at.line == 0) return at.file;
  return fmt::format("{}:{}:{}", at.file, at.line, at.column);
}

std::string text(const Finding& finding) {
  auto made = fmt::format("{}: {}: {}", text(finding.at), name(finding.severity), finding.message);
  if (finding.suggestion.empty()) return made;
  return made + "\n  " + finding.suggestion;
}

std::string text(const Findings& findings) {
  std::string made;
  for (const auto& finding : findings.all()) made += text(finding) + "\n";
  return made;
}

}  // namespace weft::manifest
