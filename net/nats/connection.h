// The bytes of one connection to a NATS server: connected, plain at first and with TLS when asked
// for; then both ways until it ends.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/listen.h"
#include "net/nats/address.h"
#include "net/resolver.h"
#include "net/tls.h"

namespace weft::net::nats {

// Whether what was written has left the process, or will be said to have by on_written.
enum class Write { done, under_way };

// Told what happens to a connection, on its thread, never from within one of its methods.
class ConnectionUser {
 public:
  // Connected, and again when TLS stands.
  virtual void on_open() = 0;
  // Valid during the call.
  virtual void on_bytes(std::span<const char> bytes) = 0;
  virtual void on_written() = 0;
  // It is over; nothing else comes. The error names no place.
  virtual void on_broken(Error error) = 0;

 protected:
  ~ConnectionUser() = default;
};

// One thread. Destroying it ends it: its user hears nothing more.
class Connection final {
 public:
  struct Way {
    Executor executor;
    Resolver& resolver;
    const Clock& clock;
  };
  // Begins to connect. What the way names, and the user, outlive it.
  Connection(const Way& way, const Server& server, MonotonicTime deadline, ConnectionUser& user);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Once, from within on_bytes, before anything was written: what follows is encrypted.
  void secure(std::shared_ptr<const TlsClient> tls, MonotonicTime deadline);
  // Takes the bytes and gives back an empty buffer. Not before on_open, nor again before what was
  // taken has left.
  Write write(std::string& bytes);

 private:
  class Wire;
  std::shared_ptr<Wire> wire_;  // also held by what is under way
};

}  // namespace weft::net::nats
