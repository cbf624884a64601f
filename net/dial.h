// From a host's name to a connection: looks the name up, asks whether its addresses are allowed,
// tries them one after the other and side by side (RFC 8305), and speaks TLS where that is wanted.
#pragma once
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "net/listen.h"
#include "net/resolver.h"
#include "net/tls.h"

namespace weft::net {

class ClientStream;

struct DialFault {
  enum class Kind {
    name_unknown,   // there is no such host
    name_failed,    // nobody says whether there is
    name_late,      // not in time
    refused_by_us,  // no address of it is allowed
    refused,        // by the host
    unroutable,     // no way to it
    late,           // not in time
    no_socket,      // this process has no descriptor left
    tls_protocol,   // no TLS that both speak
    certificate,    // not trusted, not for this host, not valid now
    alert,          // the server broke the handshake off
    lost,           // the connection, during the handshake
  };
  Kind kind;
  std::string why;
  boost::asio::ip::address address;  // of refused_by_us: the first
};

struct DialRequest {
  std::string host;  // a name, or an address as in an authority: "10.0.0.1", "[::1]"
  std::uint16_t port = 0;
  std::string asker = {};                // on whose behalf the name is looked up
  MonotonicTime deadline;                // for the whole of it
  std::shared_ptr<const TlsClient> tls;  // null: none
  // Whether a connection may lead there: asked for each address, after the name was looked up.
  std::function<bool(const boost::asio::ip::address&)> admits;
};

// One attempt, one thread. Dropping it ends it.
class Dial final {
 public:
  using Done = std::function<void(std::expected<std::unique_ptr<ClientStream>, DialFault>)>;
  // `done` is called once, never from within this. `resolver` and `clock` outlive the dial.
  Dial(const Executor& executor, Resolver& resolver, const Clock& clock, DialRequest request,
       Done done);
  // TLS over a connection that is there already and was plain so far; the host is whom the
  // certificate must be for.
  Dial(const Executor& executor, const Clock& clock, std::unique_ptr<ClientStream> over,
       DialRequest request, Done done);
  ~Dial();
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

 private:
  class Attempt;
  std::shared_ptr<Attempt> attempt_;  // also held by what is under way
};

}  // namespace weft::net
