// A client that says exactly what it is told, for tests.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft::tests {

// Every wait ends after some seconds.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  // Over a socket that is connected, and becomes the client's.
  static RawClient over(int socket) { return RawClient(Connected{socket}); }
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the server does not take it.
  bool send(std::string_view bytes);
  // Sends what the socket takes at once; the number of bytes.
  std::size_t send_some(std::string_view bytes);
  void half_close();
  void close();
  void reset();  // closes with RST
  // Up to and including `end`, or everything until the server closes or nothing comes.
  std::string read_until(std::string_view end);
  std::string read_bytes(std::size_t bytes);
  // Until the server closes; what came. `closed` tells whether it did.
  std::string read_all();
  bool closed = false;
  // Whether nothing has come that was not read, not even an end.
  bool hears_nothing();
  // One whole response with a content-length: head and body.
  std::string read_response();

 private:
  struct Connected {
    int socket;
  };
  explicit RawClient(Connected connected) : socket_(connected.socket) {}
  bool more();

  int socket_ = -1;
  std::string pending_;
};

}  // namespace weft::tests
