// A network within the process, for tests: hosts listen at the addresses of their manifests and no
// port is taken.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "net/listen.h"
#include "tests/support/raw_client.h"

namespace weft::tests {

// Its connections are local sockets: they push back, half-close and break as those of TCP do, and
// the client's end is in the hands of the test. Thread-safe.
class FakeNetwork final : public net::Network {
 public:
  // No address covers another here, so whose the sockets are makes no difference.
  Result<> probe(const net::ListenAddress& address,
                 std::span<const net::OwnSocket> own = {}) override;
  Result<net::Listening> listen(boost::asio::io_context& io,
                                const net::ListenAddress& address) override;

  // Nothing when nobody listens there. `listener`: which of those that share the address, in the
  // order in which they began.
  std::optional<RawClient> connect(std::string_view address, std::size_t listener = 0) const;
  // Blocks until somebody has listened at `address`; false after some seconds.
  [[nodiscard]] bool wait_for_listener(std::string_view address);

 private:
  std::string name(std::string_view address, std::size_t listener) const;

  std::mutex mutex_;  // between the threads that listen and the test
  std::condition_variable changed_;
  std::set<std::string, std::less<>> seen_;  // addresses; guarded by mutex_
};

}  // namespace weft::tests
