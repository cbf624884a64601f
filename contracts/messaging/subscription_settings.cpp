#include "contracts/messaging/subscription_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace weft::contracts::messaging {
namespace {

// Of a component without a limit of calls, per thread.
constexpr std::size_t k_at_once = 64;

Result<> read_number(const Settings& settings, const char* key, std::uint32_t least,
                     std::uint32_t& number) {
  const auto found = settings.find(key);
  if (found == settings.end()) return {};
  const auto& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= least) return {};
  return fail(Errc::invalid,
              fmt::format("`{}: {}` is no whole number from {} on", key, text, least));
}

Result<> read_time(const Settings& settings, const char* key, std::chrono::milliseconds& time) {
  auto number = static_cast<std::uint32_t>(time.count());
  TRY_OK(read_number(settings, key, 1, number));
  time = std::chrono::milliseconds(number);
  return {};
}

// This thread's part: of what the manifest says exactly, of the component's calls as its gate has
// it.
Result<std::size_t> read_at_once(const SourceLink& link) {
  std::uint32_t most = 0;
  TRY_OK(read_number(link.settings, "max_in_flight", 1, most));
  if (most != 0) return most / link.threads + (link.thread < most % link.threads ? 1 : 0);
  if (link.calls == 0) return k_at_once;
  return std::max<std::size_t>(1, link.calls / link.threads);
}

}  // namespace

std::optional<std::chrono::milliseconds> Redelivery::pause_after(std::uint32_t deliveries) const {
  if (deliveries >= most) return std::nullopt;
  auto pause = first_pause;
  for (std::uint32_t i = 1; i < deliveries && pause < longest_pause; ++i) pause *= 2;
  return std::min(pause, longest_pause);
}

Result<SubscriptionSettings> SubscriptionSettings::read(const SourceLink& link) {
  SubscriptionSettings made;
  const auto& settings = link.settings;
  const auto subscriptions = settings.find("subscriptions");
  if (subscriptions == settings.end()) {
    return fail(
        Errc::invalid,
        fmt::format("the link from {} to {} needs `subscriptions` in its source config: the "
                    "subjects of the messages that reach it",
                    link.source.text(), link.target.text()));
  }
  auto patterns = parse_subscriptions(subscriptions->second);
  if (!patterns) return std::unexpected(std::move(patterns).error().context("`subscriptions`"));
  made.patterns = *std::move(patterns);
  TRY(made.at_once, read_at_once(link));
  TRY_OK(read_time(settings, "timeout_ms", made.timeout));
  TRY_OK(read_number(settings, "max_deliveries", 1, made.redelivery.most));
  TRY_OK(read_time(settings, "backoff_ms", made.redelivery.first_pause));
  TRY_OK(read_time(settings, "max_backoff_ms", made.redelivery.longest_pause));
  if (const auto dead = settings.find("dead_letters"); dead != settings.end()) {
    TRY_OK(check_subject(dead->second).context("`dead_letters`"));
    made.redelivery.dead_letters = dead->second;
  }
  return made;
}

}  // namespace weft::contracts::messaging
