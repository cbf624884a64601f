#include "contracts/messaging/interest.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weft::contracts::messaging {

std::string link_key(const SourceLink& link) {
  return fmt::format("{} {}", link.source.text(), link.link.text());
}

void Interest::set(const std::string& link, std::vector<Pattern> patterns) {
  links_[link] = std::move(patterns);
}

void Interest::erase(const std::string& link) { links_.erase(link); }

std::vector<std::string> Interest::choose(std::string_view subject, const Load& load) {
  std::vector<std::string> chosen;
  std::map<std::string_view, std::vector<const std::string*>> queues;
  for (const auto& [link, patterns] : links_) {
    bool whole = false;
    std::vector<std::string_view> shared;
    for (const auto& [pattern, queue] : patterns) {
      if (!matches(pattern, subject)) continue;
      if (queue.empty()) {
        whole = true;
      } else if (std::ranges::find(shared, queue) == shared.end()) {
        shared.push_back(queue);
      }
    }
    if (whole) chosen.push_back(link);
    for (const auto queue : shared) queues[queue].push_back(&link);
  }
  ++turn_;
  for (auto& [queue, links] : queues) {
    std::ranges::rotate(links, links.begin() + static_cast<std::ptrdiff_t>(turn_ % links.size()));
    const auto& best =
        **std::ranges::min_element(links, {}, [&](const std::string* link) { return load(*link); });
    if (std::ranges::find(chosen, best) == chosen.end()) chosen.push_back(best);
  }
  return chosen;
}

}  // namespace weft::contracts::messaging
