#include "net/nats/message.h"

#include <algorithm>
#include <charconv>

namespace weft::net::nats {
namespace {

constexpr std::string_view k_version = "NATS/1.0";
constexpr std::string_view k_line_end = "\r\n";

enum class Wildcards { no, yes };

bool is_word(std::string_view word, bool last, Wildcards wildcards) {
  if (word.empty()) return false;
  if (word == "*" || word == ">") return wildcards == Wildcards::yes && (word == "*" || last);
  return std::ranges::none_of(
      word, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
}

bool is_path(std::string_view text, Wildcards wildcards) {
  if (text.size() > k_subject_bytes) return false;
  for (;;) {
    const auto dot = text.find('.');
    const bool last = dot == std::string_view::npos;
    if (!is_word(text.substr(0, dot), last, wildcards)) return false;
    if (last) return true;
    text.remove_prefix(dot + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_subject(std::string_view text) { return is_path(text, Wildcards::no); }
bool is_pattern(std::string_view text) { return is_path(text, Wildcards::yes); }

std::optional<Headers> Headers::parse(std::string_view block) {
  if (!block.starts_with(k_version) || !block.ends_with("\r\n\r\n")) return std::nullopt;
  const auto line_end = block.find(k_line_end);
  auto line = trimmed(block.substr(k_version.size(), line_end - k_version.size()));
  Headers made;
  if (!line.empty()) {
    const auto [end, error] = std::from_chars(
        line.data(), line.data() + std::min<std::size_t>(line.size(), 3), made.status_);
    if (error != std::errc() || made.status_ < 100) return std::nullopt;
    made.description_ = trimmed(line.substr(static_cast<std::size_t>(end - line.data())));
  }
  made.block_ = block.substr(line_end + 2);
  made.block_.remove_suffix(2);
  auto rest = made.block_;
  while (!rest.empty()) {
    if (!take(rest)) return std::nullopt;
  }
  return made;
}

std::optional<Headers::Field> Headers::take(std::string_view& rest) {
  const auto end = rest.find(k_line_end);
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = rest.substr(0, end);
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  rest.remove_prefix(end + 2);
  return Field(line.substr(0, colon), trimmed(line.substr(colon + 1)));
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  std::string_view rest = block_;
  while (const auto field = take(rest)) {
    if (field->first == name) return field->second;
  }
  return std::nullopt;
}

bool HeaderBlock::add(std::string_view name, std::string_view value) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  const bool good_name = !name.empty() && std::ranges::none_of(name, [&](char c) {
    return control(c) || c == ':' || c == ' ';
  });
  if (!good_name || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return false;
  if (text_.empty()) {
    text_.append(k_version).append(k_line_end);
  } else {
    text_.resize(text_.size() - k_line_end.size());
  }
  text_.append(name).append(": ").append(value).append("\r\n\r\n");
  return true;
}

}  // namespace weft::net::nats
