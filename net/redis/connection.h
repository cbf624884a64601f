// The bytes of one connection to a Redis server: name looked up, connected, TLS agreed on; then
// both ways until it ends.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/redis/address.h"
#include "net/resolver.h"
#include "net/tls.h"

namespace weft::net::redis {

// Whether what was written has left the process, or will be said to have by on_written.
enum class Write { done, under_way };

// Told what happens to a connection, on its thread, never from within one of its methods.
class ConnectionUser {
 public:
  virtual void on_open() = 0;
  // Valid during the call.
  virtual void on_bytes(std::span<const char> bytes) = 0;
  // Some of what is under way has left the process.
  virtual void on_progress() = 0;
  // All of it has.
  virtual void on_written() = 0;
  // It is over; nothing else comes. The error names no place.
  virtual void on_broken(Error error) = 0;

 protected:
  ~ConnectionUser() = default;
};

// One thread.
class Connection {
 public:
  virtual ~Connection() = default;
  // Takes the bytes and gives back an empty buffer. Not before on_open, nor again before what was
  // taken has left.
  virtual Write write(std::string& bytes) = 0;
  // Bytes that have left the process, and that the other end has not said it has.
  virtual std::size_t unacknowledged() = 0;
};

// What a connection needs to find its way.
struct Way {
  boost::asio::io_context::executor_type executor;
  Resolver& resolver;
  const Clock& clock;
};

// Begins to connect: to each address of a name in its turn, side by side when one does not answer
// at once. `tls` is not null for an address with TLS; the user and what is in `way` outlive the
// connection. Destroying it ends it: its user hears nothing more.
std::unique_ptr<Connection> open_connection(const Way& way, const Address& address,
                                            std::shared_ptr<const TlsClient> tls,
                                            ConnectionUser& user);

}  // namespace weft::net::redis
