#include "net/redis/reply_rest.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace weft::net::redis {
namespace {

// No number is longer.
constexpr std::size_t k_number_bytes = 24;
// What Redis allows for a text, and more than it has of anything else.
constexpr std::int64_t k_most = std::int64_t{1} << 40;

constexpr bool has_text(char type) { return std::string_view("$=!").contains(type); }
constexpr bool has_values(char type) { return std::string_view("*%|~>").contains(type); }
constexpr bool is_known(char type) {
  return has_text(type) || has_values(type) || std::string_view("+-:,_#(").contains(type);
}

}  // namespace

Result<std::size_t> ReplyRest::pass(std::span<const char> bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && !over()) {
    if (bytes_ > 0) {
      const auto passed = std::min<std::uint64_t>(bytes_, bytes.size() - at);
      at += passed;
      bytes_ -= passed;
      if (bytes_ == 0) --values_;
      continue;
    }
    if (type_ == 0) {
      type_ = bytes[at++];
      if (!is_known(type_)) return fail(Errc::invalid, "Protocol error, got an unknown type byte");
      continue;
    }
    const char byte = bytes[at++];
    if (byte == '\n') {
      TRY_OK(line());
    } else if (line_.size() < k_number_bytes) {
      line_.push_back(byte);
    }
  }
  return at;
}

Result<> ReplyRest::line() {
  const char type = std::exchange(type_, 0);
  const std::string text = std::exchange(line_, {});
  if (!has_text(type) && !has_values(type)) {
    --values_;
    return {};
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || std::string_view(end, text.data() + text.size()) != "\r" ||
      number < -1 || number > k_most)
    return fail(Errc::invalid, "Protocol error, got a bad length");
  if (has_text(type) && number >= 0) {
    bytes_ = static_cast<std::uint64_t>(number) + 2;
    return {};
  }
  --values_;
  if (number > 0)
    values_ += static_cast<std::uint64_t>(type == '%' || type == '|' ? 2 * number : number);
  return {};
}

}  // namespace weft::net::redis
