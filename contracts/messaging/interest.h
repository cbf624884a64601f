// Which links a message goes to, for products that keep that themselves.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/messaging/subjects.h"
#include "contracts/provider.h"

namespace weft::contracts::messaging {

// One link and what it subscribes to, whatever its generation: "app-broker default app-worker".
std::string link_key(const SourceLink& link);

// Not thread-safe.
class Interest final {
 public:
  // How many messages wait for a link, to choose among those that share a queue.
  using Load = std::function<std::size_t(const std::string& link)>;

  // The link's patterns are these from now on.
  void set(const std::string& link, std::vector<Pattern> patterns);
  void erase(const std::string& link);
  // Every link with a pattern without queue, and of each queue the link with the least load, the
  // first one in turn among equals. A link is there once, however many of its patterns match.
  std::vector<std::string> choose(std::string_view subject, const Load& load);

 private:
  std::map<std::string, std::vector<Pattern>> links_;
  std::uint64_t turn_ = 0;
};

}  // namespace weft::contracts::messaging
