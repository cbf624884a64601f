#include "tests/support/fault_proxy.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <list>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace weft::tests {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// What goes wrong now. The proxy's thread only.
struct Faults {
  std::chrono::milliseconds delay{0};
  std::size_t slow_bytes = 0;
  bool black_hole = false;
  bool refuse = false;
  std::optional<std::size_t> cut_after;
};

// One connection in both directions.
class Pair final : public std::enable_shared_from_this<Pair> {
 public:
  Pair(asio::io_context& io, tcp::socket client, Faults& faults)
      : faults_(faults), client_(std::move(client)), server_(io), up_(io), down_(io) {}

  void open(std::uint16_t to) {
    server_.async_connect({asio::ip::address_v4::loopback(), to},
                          [self = shared_from_this()](error_code error) {
                            if (error) return self->close();
                            self->pass(self->client_, self->server_, self->up_);
                            self->pass(self->server_, self->client_, self->down_);
                          });
  }
  // With RST, as a process that is killed does.
  void close() {
    error_code ignored;  // one side may be gone already
    client_.set_option(asio::socket_base::linger(true, 0), ignored);
    client_.close(ignored);
    server_.close(ignored);
    up_.timer.cancel();
    down_.timer.cancel();
  }

 private:
  struct Way {
    explicit Way(asio::io_context& io) : timer(io) {}
    asio::steady_timer timer;
    std::vector<char> bytes = std::vector<char>(64 << 10);
  };

  void pass(tcp::socket& from, tcp::socket& to, Way& way) {
    const bool upwards = &way == &up_;
    const auto most = upwards && faults_.slow_bytes != 0 ? faults_.slow_bytes : way.bytes.size();
    from.async_read_some(
        asio::buffer(way.bytes.data(), most),
        [self = shared_from_this(), &from, &to, &way, upwards](error_code error, std::size_t size) {
          if (error) return self->close();
          auto pause = upwards ? std::chrono::milliseconds(self->faults_.slow_bytes != 0 ? 1 : 0)
                               : self->faults_.delay;
          if (pause.count() == 0) return self->send(from, to, way, size);
          way.timer.expires_after(pause);
          way.timer.async_wait([self, &from, &to, &way, size](error_code stopped) {
            if (!stopped) self->send(from, to, way, size);
          });
        });
  }
  void send(tcp::socket& from, tcp::socket& to, Way& way, std::size_t size) {
    // Kept open, and never read again.
    if (faults_.black_hole) return;
    if (&way == &up_ && faults_.cut_after) {
      if (size >= *faults_.cut_after)
        return last(std::min(size, *std::exchange(faults_.cut_after, std::nullopt)));
      *faults_.cut_after -= size;
    }
    asio::async_write(to, asio::buffer(way.bytes.data(), size),
                      [self = shared_from_this(), &from, &to, &way](error_code error, std::size_t) {
                        if (error) return self->close();
                        self->pass(from, to, way);
                      });
  }

  // The server has all of it before it is told that there is no more.
  void last(std::size_t size) {
    error_code ignored;
    asio::write(server_, asio::buffer(up_.bytes.data(), size), ignored);
    close();
  }

  Faults& faults_;
  tcp::socket client_, server_;
  Way up_, down_;
};

}  // namespace

class FaultProxy::Works {
 public:
  explicit Works(std::uint16_t to) : to_(to) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  Works(const Works&) = delete;
  Works& operator=(const Works&) = delete;
  ~Works() {
    io_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_.load(); }

  template <class Do>
  void change(Do change) {
    std::promise<void> done;
    asio::post(io_, [&] {
      change(*this);
      done.set_value();
    });
    done.get_future().wait();
  }
  void cut() {
    for (const auto& pair : pairs_) pair->close();
    pairs_.clear();
  }

  Faults faults;

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error) return;
      ++connections_;
      if (faults.refuse) {
        error_code ignored;
        socket.set_option(asio::socket_base::linger(true, 0), ignored);
      } else {
        auto pair = std::make_shared<Pair>(io_, std::move(socket), faults);
        pairs_.push_back(pair);
        if (!faults.black_hole) pair->open(to_);
      }
      accept();
    });
  }

  const std::uint16_t to_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_ = asio::make_work_guard(io_);
  tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  const std::uint16_t port_ = acceptor_.local_endpoint().port();
  // Also those that have ended: a connection in a black hole waits for nothing that would hold it.
  std::list<std::shared_ptr<Pair>> pairs_;
  std::atomic<std::size_t> connections_{0};
  std::thread thread_;
};

FaultProxy::FaultProxy(std::uint16_t to) : works_(std::make_unique<Works>(to)) {}
FaultProxy::~FaultProxy() = default;
std::uint16_t FaultProxy::port() const { return works_->port(); }
std::size_t FaultProxy::connections() const { return works_->connections(); }

void FaultProxy::delay(std::chrono::milliseconds by) {
  works_->change([by](Works& works) { works.faults.delay = by; });
}
void FaultProxy::slow_reader(std::size_t bytes) {
  works_->change([bytes](Works& works) { works.faults.slow_bytes = bytes; });
}
void FaultProxy::black_hole() {
  works_->change([](Works& works) { works.faults.black_hole = true; });
}
void FaultProxy::cut(Then then) {
  works_->change([then](Works& works) {
    works.faults.refuse = then == Then::refuse;
    works.cut();
  });
}
void FaultProxy::cut_after(std::size_t bytes) {
  works_->change([bytes](Works& works) { works.faults.cut_after = bytes; });
}
void FaultProxy::mend() {
  works_->change([](Works& works) { works.faults = {}; });
}

}  // namespace weft::tests
