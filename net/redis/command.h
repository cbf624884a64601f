// Commands to Redis as bytes: an array of bulk strings, appended to what is sent next.
#pragma once
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace weft::net::redis {

// Writes commands, one or more, into one buffer, and counts them. Allocates only when the buffer
// grows.
class Commands final {
 public:
  explicit Commands(std::string& out) : out_(out) {}

  // Begins a command of `words` words, its name included; exactly so many must follow.
  Commands& command(std::size_t words) {
    head('*', words);
    ++count_;
    return *this;
  }
  Commands& word(std::string_view text) {
    head('$', text.size());
    out_.append(text);
    out_.append("\r\n");
    return *this;
  }
  // MULTI: what follows is done at EXEC, which must be the last command. Where the server does not
  // allow that, nothing of it is sent.
  Commands& transaction() {
    transaction_ = true;
    return whole("MULTI");
  }
  // One word out of several pieces.
  Commands& word(std::initializer_list<std::string_view> pieces) {
    std::size_t size = 0;
    for (const auto piece : pieces) size += piece.size();
    head('$', size);
    for (const auto piece : pieces) out_.append(piece);
    out_.append("\r\n");
    return *this;
  }
  Commands& word(std::integral auto number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return word(std::string_view(digits, static_cast<std::size_t>(end - digits)));
  }
  // A command with all its words.
  template <class... W>
  Commands& whole(const W&... words) {
    command(sizeof...(W));
    (word(words), ...);
    return *this;
  }

  // So many commands that were written before.
  Commands& made(std::string_view bytes, std::uint32_t commands) {
    out_.append(bytes);
    count_ += commands;
    return *this;
  }
  void is_one_transaction() { transaction_ = true; }

  std::uint32_t count() const { return count_; }
  bool is_transaction() const { return transaction_; }

 private:
  void head(char kind, std::size_t number) {
    char line[24];
    line[0] = kind;
    auto* end = std::to_chars(line + 1, line + sizeof line - 2, number).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out_.append(line, static_cast<std::size_t>(end - line));
  }

  std::string& out_;
  std::uint32_t count_ = 0;
  bool transaction_ = false;
};

}  // namespace weft::net::redis
