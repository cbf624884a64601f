// An HTTP request on its way to the one who answers it, both bodies streaming. Callers and callees
// live on one thread; nothing is queued between them: the request body is pulled, the response body
// is pushed within a credit.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "contracts/http_code.h"

namespace weft::contracts {

struct Header {
  std::string_view name;
  std::string_view value;
};

enum class Body { more, ended };

// Views: valid during Invoker::invoke, which copies what it keeps.
struct HttpRequest {
  std::string_view method;     // "GET"
  std::string_view scheme;     // "http" or "https"
  std::string_view authority;  // never empty: a request without Host is refused before it gets here
  std::string_view target;     // path and query: "/cart?item=1"
  std::span<const Header> headers;
  std::string_view body;            // what has arrived already
  Body body_state = Body::ended;    // whether more follows `body`
  std::size_t credit = 256 * 1024;  // response bytes that may be pushed before HttpCallee::credit
  std::chrono::nanoseconds connect_timeout =
      std::chrono::nanoseconds::max();  // for a callee that has to connect; max: its own
};

// The side that answers, as the caller sees it. Valid from invoke() until the reply.
class HttpCallee {
 public:
  // Answers one HttpCaller::on_want: a piece of the request body, copied. With `ended` the
  // trailers, if any.
  virtual void push(std::string_view chunk, Body state, std::span<const Header> trailers) = 0;
  // As many bytes of response have left the caller's buffers: as many more may come.
  virtual void credit(std::size_t bytes) = 0;

 protected:
  ~HttpCallee() = default;
};

// The side that asked. Callbacks run on the callee's turn: start work and return, do not cancel the
// call in them (use Turn). Order: on_head, on_body…, on_end, then the reply; the reply alone when
// the callee failed before.
class HttpCaller {
 public:
  // The request is on its way to whoever answers it, through a connection or to a component. Maybe
  // inside invoke(), and again when it is sent again.
  virtual void on_sent() {}
  virtual void on_head(HttpCallee& callee, std::uint16_t status,
                       std::span<const Header> headers) = 0;
  virtual void on_body(std::string_view chunk) = 0;
  // The response is complete and may be sent, while the callee is still being torn down.
  virtual void on_end(std::span<const Header> trailers) = 0;
  // The callee reads and nothing is left: answer with HttpCallee::push once, now or later, at most
  // `limit` bytes.
  virtual void on_want(HttpCallee& callee, std::size_t limit) = 0;

 protected:
  ~HttpCaller() = default;
};

}  // namespace weft::contracts
