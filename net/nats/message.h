// What NATS carries: a subject, perhaps headers, and bytes.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace weft::net::nats {

// A subject and everything else on the line must fit into what servers take for one (4096 bytes
// unless told otherwise).
inline constexpr std::size_t k_subject_bytes = 1536;

// Whether something can be sent there: words with dots between, none empty, none a wildcard.
bool is_subject(std::string_view text);
// The same, with wildcards: * for one word, > for all the rest.
bool is_pattern(std::string_view text);

// A view of the headers of one message, checked to be well formed. Names count as they are written.
class Headers final {
 public:
  Headers() = default;
  // `block`: from "NATS/1.0" to the empty line.
  static std::optional<Headers> parse(std::string_view block);

  bool empty() const { return block_.empty(); }
  // Of a message from the server itself: 503 nobody answers, 404, 408, 409, 100. 0: none.
  int status() const { return status_; }
  std::string_view description() const { return description_; }
  // The first of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  template <class Do>
  void each(const Do& visit) const {
    std::string_view rest = block_;
    while (const auto field = take(rest)) visit(field->first, field->second);
  }

 private:
  using Field = std::pair<std::string_view, std::string_view>;
  static std::optional<Field> take(std::string_view& rest);

  std::string_view block_;  // without its first line
  int status_ = 0;
  std::string_view description_;
};

// Builds what Headers reads. Empty until something was added.
class HeaderBlock final {
 public:
  // False when name or value cannot be one: then nothing was added.
  bool add(std::string_view name, std::string_view value);
  // Whole, with its empty line at the end.
  std::string_view text() const { return text_; }

 private:
  std::string text_;
};

// Valid only during the call that shows it.
struct Message {
  std::string_view subject;
  std::string_view reply;  // where an answer goes; empty: none is wanted
  Headers headers;
  std::string_view payload;

  // The server's word that nobody listens where a request went.
  bool no_responders() const { return headers.status() == 503 && payload.empty(); }
};

// What is to be sent; views that are read before the call returns.
struct Outgoing {
  std::string_view subject;
  std::string_view headers = {};  // of a HeaderBlock
  std::string_view payload = {};
  std::string_view reply = {};  // where an answer should go; not for requests, which have their own
};

}  // namespace weft::net::nats
