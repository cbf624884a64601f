#include "contracts/messaging/subjects.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::contracts::messaging {
namespace {

constexpr bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }

// Takes the next token and the dot behind it away from `rest`.
std::string_view take_token(std::string_view& rest) {
  const auto dot = rest.find('.');
  const auto token = rest.substr(0, dot);
  rest = dot == rest.npos ? std::string_view() : rest.substr(dot + 1);
  return token;
}

enum class Wildcards { no, yes };

Result<> check_tokens(std::string_view subject, Wildcards allowed) {
  const auto wrong = [&](std::string_view why) {
    return fail(Errc::invalid, fmt::format("'{}' is no subject: {}", subject, why));
  };
  if (subject.empty()) return fail(Errc::invalid, "a message needs a subject");
  if (std::ranges::any_of(subject, is_blank)) return wrong("it has a space or control character");
  if (subject.ends_with('.')) return wrong("it has an empty token");
  for (auto rest = subject; !rest.empty();) {
    const auto token = take_token(rest);
    if (token.empty()) return wrong("it has an empty token");
    if (token == ">" && allowed == Wildcards::yes && !rest.empty())
      return wrong("`>` may only be its last token");
    if ((token == "*" || token == ">") && allowed == Wildcards::no)
      return wrong("a message goes to one subject, without wildcards");
  }
  return {};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<> check_subject(std::string_view subject) { return check_tokens(subject, Wildcards::no); }

Result<std::vector<Pattern>> parse_subscriptions(std::string_view list) {
  std::vector<Pattern> patterns;
  for (bool more = true; more;) {
    const auto comma = list.find(',');
    const auto entry = trimmed(list.substr(0, comma));
    more = comma != list.npos;
    if (more) list.remove_prefix(comma + 1);
    const auto bar = entry.find('|');
    Pattern pattern{std::string(trimmed(entry.substr(0, bar))),
                    bar == entry.npos ? "" : std::string(trimmed(entry.substr(bar + 1)))};
    TRY_OK(check_tokens(pattern.subject, Wildcards::yes));
    if (bar != entry.npos &&
        (pattern.queue.empty() || std::ranges::any_of(pattern.queue, is_blank)))
      return fail(Errc::invalid, fmt::format("'{}' names no queue after `|`", entry));
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

bool matches(std::string_view pattern, std::string_view subject) {
  while (!pattern.empty() && !subject.empty()) {
    const auto wanted = take_token(pattern);
    if (wanted == ">") return true;
    if (const auto token = take_token(subject); wanted != "*" && wanted != token) return false;
  }
  return pattern.empty() && subject.empty();
}

}  // namespace weft::contracts::messaging
