// The client's end of one HTTP/1.1 connection: sends a request, hands over its response, again.
// What http_connection.h is for a server.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/http_input.h"
#include "net/http_message.h"
#include "net/http_reply.h"

namespace weft::net {

class ClientStream;

struct HttpClientSettings {
  HttpLimits limits;               // of a response's head, and of its trailers
  std::size_t window = 64 * 1024;  // bytes of either body that are held at once
};

// Views: valid during send().
struct HttpClientRequest {
  std::string_view method;
  std::string_view target;     // path with query, "*"
  std::string_view authority;  // goes into Host
  // None of the connection and no Host: those are left out. A content-length holds: the body is as
  // long.
  std::span<const HttpField> fields;
  HttpMore body = HttpMore::no;  // whether there is one
  std::size_t credit = 0;        // bytes of response that may be handed over before credit()
};

struct HttpClientFault {
  enum class Kind {
    lost,       // the connection ended too early
    untouched,  // the same before a byte of a response, on a connection that had served others
    malformed,
    head_too_large,
    trailers_too_large,
    unknown_coding,
    upgrade,  // the server changes the protocol, which nobody asked for
  };
  Kind kind;
  std::string why;
};

// What becomes of one request. None may destroy or close the connection, but on_end and on_failed,
// which are the last; the others come in the order of HTTP, on_want at any time between.
class HttpClientHandler {
 public:
  virtual void on_head(std::uint16_t status, std::span<const HttpField> fields) = 0;
  virtual void on_body(std::string_view chunk) = 0;
  // The connection can take the next request if it is usable().
  virtual void on_end(std::span<const HttpField> trailers) = 0;
  // Room for a piece of the request's body: one push(), now or later, of at most `limit` bytes.
  virtual void on_want(std::size_t limit) = 0;
  virtual void on_failed(const HttpClientFault& fault) = 0;

 protected:
  ~HttpClientHandler() = default;
};

// One thread. Dropping it closes it; what Asio still does with it keeps what it needs.
class HttpClientConnection final {
 public:
  // `settings` outlive it. `on_lost`: it was idle, and the server closed it or said something
  // nobody asked for.
  HttpClientConnection(std::unique_ptr<ClientStream> stream, const HttpClientSettings& settings,
                       std::function<void()> on_lost);
  ~HttpClientConnection();
  HttpClientConnection(const HttpClientConnection&) = delete;
  HttpClientConnection& operator=(const HttpClientConnection&) = delete;

  // Only while it is usable(). `handler` is told everything until its last call or drop().
  void send(const HttpClientRequest& request, HttpClientHandler& handler);
  void push(std::string_view chunk, HttpMore more, std::span<const HttpField> trailers);
  void credit(std::size_t bytes);
  // Open, and without a request.
  bool usable() const;
  // The same after a look at the socket: one that its server has closed, or said something on, may
  // not be known to be so yet.
  bool usable_now() const;

 private:
  class Wire;
  std::shared_ptr<Wire> wire_;
};

}  // namespace weft::net
