// Answering HTTP with one function: define http::handle and name EXPORT_HTTP_HANDLER once, in a
// component of the world weft:sdk/http or any other that exports wasi:http/incoming-handler.
//
//   http::response http::handle(http::request request) { return {.body = "You asked for " +
//   request.path()}; } EXPORT_HTTP_HANDLER
//
// Nothing here throws. What the client may do wrong (leave, send half a body) shows in return
// values; the functions that WASI itself offers stay reachable through raw().
#pragma once
#include <exports/wasi/http/incoming_handler.hpp>

#include "http_body.hpp"

namespace http {

// An incoming request. Every question about it is a call of the host, so only what is asked for is
// paid for.
class request {
 public:
  explicit request(types::incoming_request raw) : raw_(std::move(raw)) {}

  std::string method() const;  // "GET"
  // Path and query as they were sent, "/" at least.
  std::string target() const { return raw_.path_with_query().value_or("/"); }
  std::string path() const {
    auto text = target();
    return text.substr(0, text.find('?'));
  }
  // What follows the first question mark, still encoded.
  std::string query() const {
    auto text = target();
    auto mark = text.find('?');
    return mark == text.npos ? std::string() : text.substr(mark + 1);
  }
  // Host and port that the client asked for; the "host" header is not among the headers.
  std::string authority() const { return raw_.authority().value_or(""); }
  // The first header of that name, whatever its case.
  std::optional<std::string> header(std::string_view name) const {
    auto values = raw_.headers().get(name);
    return values.empty() ? std::nullopt : std::optional(wit::text(values.front()));
  }
  http::headers headers() const { return detail::to_headers(raw_.headers().entries()); }
  // The body, to be read in parts. Empty after the first call: a body is there once.
  body_reader body() {
    auto body = raw_.consume();
    return body ? body_reader(*std::move(body)) : body_reader();
  }
  std::string text() { return body().text(); }
  types::incoming_request const& raw() const { return raw_; }

 private:
  types::incoming_request raw_;
};

// Either `body` or `stream`: the latter writes the body after the head was sent.
struct response {
  std::uint16_t status = 200;
  http::headers headers = {};
  std::string body = {};
  body_source stream = {};
};

response handle(request request);

inline std::string request::method() const {
  static constexpr char const* names[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                          "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  auto method = raw_.method();
  if (auto* other = std::get_if<types::method::other>(&method)) return std::move(other->value);
  return names[method.index()];
}

namespace detail {

// A body of known length is announced, so that it need not be sent in chunks.
inline types::fields head(response const& answer) {
  auto length = std::to_string(answer.body.size());
  std::vector<std::tuple<std::string_view, std::span<std::uint8_t const>>> fields;
  bool announced =
      answer.stream || answer.status < 200 || answer.status == 204 || answer.status == 304;
  for (auto& [name, value] : answer.headers) {
    fields.emplace_back(name, wit::bytes(value));
    announced |= is_content_length(name);
  }
  if (!announced) fields.emplace_back("content-length", wit::bytes(length));
  auto made = types::fields::from_list(fields);
  if (made) return *std::move(made);
  // A name or value that HTTP does not allow: the others are still sent.
  types::fields rest;
  for (auto& [name, value] : fields) (void)rest.append(name, value);
  return rest;
}

}  // namespace detail

// What EXPORT_HTTP_HANDLER exports.
struct handler {
  static void handle(types::incoming_request raw, types::response_outparam out) {
    auto answer = http::handle(request(std::move(raw)));
    types::outgoing_response response(detail::head(answer));
    if (!response.set_status_code(answer.status)) (void)response.set_status_code(500);
    auto body = *response.body();
    types::response_outparam::set(std::move(out), std::move(response));
    body_writer writer(std::move(body));
    if (answer.stream)
      answer.stream(writer);
    else if (!answer.body.empty())
      writer.write(answer.body);
    writer.finish();
  }
};

}  // namespace http

#define EXPORT_HTTP_HANDLER EXPORT_WASI_HTTP_INCOMING_HANDLER(http::handler)
