#include "net/nats/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace weft::net::nats {
namespace {

// A server tells of all its cluster's addresses in one line.
constexpr std::size_t k_line_bytes = std::size_t{256} << 10;
constexpr std::size_t k_kept_bytes = std::size_t{256} << 10;

std::unexpected<Error> no_protocol(std::string_view line) {
  std::string shown;
  for (const char c : line.substr(0, 40)) shown.push_back(c >= ' ' && c <= '~' ? c : '?');
  return fail(Errc::invalid, fmt::format("this is not the protocol of NATS: '{}'", shown));
}

// Verbs count in either case.
bool is_verb(std::string_view word, std::string_view verb) {
  return std::ranges::equal(word, verb, [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

std::string_view word_of(std::string_view& rest) {
  const auto begin = std::min(rest.find_first_not_of(" \t"), rest.size());
  rest.remove_prefix(begin);
  const auto word = rest.substr(0, std::min(rest.find_first_of(" \t"), rest.size()));
  rest.remove_prefix(word.size());
  return word;
}

template <class N>
std::optional<N> number_of(std::string_view text) {
  N value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void Parser::feed(std::span<const char> bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  if (buffer_.empty() && buffer_.capacity() > k_kept_bytes) buffer_.shrink_to_fit();
  buffer_.append(bytes.data(), bytes.size());
}

Result<std::optional<Incoming>> Parser::next() {
  const auto rest = std::string_view(buffer_).substr(at_);
  const auto end = rest.substr(0, k_line_bytes).find("\r\n");
  if (end == std::string_view::npos) {
    if (rest.size() >= k_line_bytes) return no_protocol(rest);
    return std::optional<Incoming>();
  }
  const auto line = rest.substr(0, end);
  auto words = line;
  const auto verb = word_of(words);
  if (is_verb(verb, "MSG")) return take_message(words, end + 2, false);
  if (is_verb(verb, "HMSG")) return take_message(words, end + 2, true);
  Incoming made;
  if (is_verb(verb, "PING")) {
    made.kind = Incoming::Kind::ping;
  } else if (is_verb(verb, "PONG")) {
    made.kind = Incoming::Kind::pong;
  } else if (is_verb(verb, "+OK")) {
    made.kind = Incoming::Kind::ok;
  } else if (is_verb(verb, "INFO") || is_verb(verb, "-ERR")) {
    made.kind = is_verb(verb, "INFO") ? Incoming::Kind::info : Incoming::Kind::error;
    words.remove_prefix(std::min(words.find_first_not_of(" \t"), words.size()));
    made.text = words;
  } else {
    return no_protocol(line);
  }
  at_ += end + 2;
  return made;
}

// `words`: what follows the verb; SUBJECT SID [REPLY] [HEADER-BYTES] BYTES.
Result<std::optional<Incoming>> Parser::take_message(std::string_view words, std::size_t line_bytes,
                                                     bool with_headers) {
  std::array<std::string_view, 6> all;
  std::size_t count = 0;
  for (auto word = word_of(words); !word.empty() && count < all.size(); word = word_of(words))
    all[count++] = word;
  const std::size_t least = with_headers ? 4 : 3;
  if (count != least && count != least + 1) return no_protocol("MSG with a wrong number of words");
  const auto subscription = number_of<std::uint64_t>(all[1]);
  const auto size = number_of<std::size_t>(all[count - 1]);
  const auto head =
      with_headers ? number_of<std::size_t>(all[count - 2]) : std::optional<std::size_t>(0);
  if (!subscription || !size || !head || *head > *size)
    return no_protocol("MSG with a number that is none");
  if (*size > most_) {
    return fail(Errc::exhausted,
                fmt::format("a message has {} bytes, the most that is taken is {}", *size, most_));
  }
  const auto body = std::string_view(buffer_).substr(at_ + line_bytes);
  if (body.size() < *size + 2) return std::optional<Incoming>();
  if (body.substr(*size, 2) != "\r\n") return no_protocol("MSG that does not end where it should");
  Incoming made{.kind = Incoming::Kind::message, .text = {}, .subscription = *subscription};
  made.message.subject = all[0];
  if (count == least + 1) made.message.reply = all[2];
  if (with_headers) {
    const auto headers = Headers::parse(body.substr(0, *head));
    if (!headers) return no_protocol("HMSG with headers that are none");
    made.message.headers = *headers;
  }
  made.message.payload = body.substr(*head, *size - *head);
  at_ += line_bytes + *size + 2;
  return made;
}

}  // namespace weft::net::nats
