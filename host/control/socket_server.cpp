#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "host/control/socket.h"
#include "host/control/socket_folder.h"

namespace weft::control {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using boost::system::error_code;

// Until it is tried again to take a client: one more than there may be, or when descriptors or
// memory have run out.
constexpr std::chrono::milliseconds k_retry{50};

struct Head {
  std::string subject;
  std::size_t bytes = 0;
};

std::optional<Head> parse_head(std::string_view line) {
  const auto space = line.find(' ');
  if (space == line.npos || space == 0) return std::nullopt;
  Head head{.subject = std::string(line.substr(0, space))};
  const auto number = line.substr(space + 1);
  const auto* last = number.data() + number.size();
  const auto [end, error] = std::from_chars(number.data(), last, head.bytes);
  if (error != std::errc() || end != last || head.bytes > k_largest_payload) return std::nullopt;
  return head;
}

// One client. Owns itself through what it waits for; everything on the server's thread but the
// reply, which may come from any and when the server is gone.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(Local::socket socket, const SocketServer::Handler& handler,
          std::chrono::milliseconds patience, std::weak_ptr<void> server)
      : server_(std::move(server)),
        patience_(patience),
        socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        handler_(handler) {}

  void start() {
    await_client();
    asio::async_read_until(socket_, asio::dynamic_buffer(received_, k_longest_subject), '\n',
                           [self = shared_from_this()](error_code error, std::size_t line) {
                             if (error) return self->close();
                             self->on_line(line);
                           });
  }
  void close() {
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
  }

 private:
  void on_line(std::size_t line) {
    auto head = parse_head(std::string_view(received_).substr(0, line - 1));
    received_.erase(0, line);
    if (!head) return close();
    subject_ = std::move(head->subject);
    const auto there = received_.size();
    if (there > head->bytes) return close();  // it did not wait for the reply
    received_.resize(head->bytes);
    await_client();
    asio::async_read(socket_, asio::buffer(received_.data() + there, head->bytes - there),
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (error) return self->close();
                       self->on_payload();
                     });
  }

  void on_payload() {
    timer_.cancel();
    kept_ = server_.lock();
    handler_(
        std::move(subject_), std::exchange(received_, {}),
        [self = shared_from_this(), executor = socket_.get_executor()](std::string reply) mutable {
          // The session goes with its loop: nothing of it may stay here when that ends.
          const auto kept = std::move(self->kept_);
          asio::post(executor,
                     [self = std::move(self), reply = std::move(reply)] { self->send(reply); });
        });
  }

  void send(const std::string& reply) {
    reply_ = fmt::format("{}\n{}", reply.size(), reply);
    await_client();
    asio::async_write(socket_, asio::buffer(reply_),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->close();
                        self->start();
                      });
  }

  void await_client() {
    timer_.expires_after(patience_);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->close();
    });
  }

  const std::weak_ptr<void> server_;
  const std::chrono::milliseconds patience_;
  std::shared_ptr<void> kept_;  // the server's state, which the socket needs, until the reply
  Local::socket socket_;
  asio::steady_timer timer_;
  const SocketServer::Handler& handler_;
  std::string received_, subject_, reply_;
};

}  // namespace

struct SocketServer::State : std::enable_shared_from_this<State> {
  State(Handler given, std::chrono::milliseconds patience_)
      : handler(std::move(given)), patience(patience_) {}

  Result<> listen(const std::filesystem::path& path);
  void accept() {
    std::erase_if(sessions, [](const auto& one) { return one.expired(); });
    if (sessions.size() >= k_most_clients) return accept_later();
    acceptor.async_accept([this](error_code error, Local::socket socket) {
      if (!acceptor.is_open()) return;
      if (error) return accept_later();
      auto session =
          std::make_shared<Session>(std::move(socket), handler, patience, weak_from_this());
      sessions.push_back(session);
      session->start();
      accept();
    });
  }
  void accept_later() {
    retry.expires_after(k_retry);
    retry.async_wait([this](error_code error) {
      if (!error && acceptor.is_open()) accept();
    });
  }
  void close() {
    error_code ignored;
    acceptor.close(ignored);
    retry.cancel();
    for (const auto& one : sessions) {
      if (const auto session = one.lock()) session->close();
    }
  }

  const Handler handler;
  const std::chrono::milliseconds patience;
  asio::io_context io{1};
  Local::acceptor acceptor{io};
  asio::steady_timer retry{io};
  std::vector<std::weak_ptr<Session>> sessions;  // the thread's
  std::thread thread;
};

Result<> SocketServer::State::listen(const std::filesystem::path& path) {
  const SocketFolder folder(path);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  error_code error;
  acceptor.open(Local(), error);
  // Before it has a name: there is no moment in which others may connect.
  if (!error && ::fchmod(acceptor.native_handle(), S_IRUSR | S_IWUSR) != 0)
    error = error_code(errno, boost::system::generic_category());
  if (!error) acceptor.bind(Local::endpoint(folder.name()), error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  return fail(Errc::denied, fmt::format("the control socket {} cannot be made: {}", path.string(),
                                        error.message()));
}

std::filesystem::path socket_path(const std::filesystem::path& state) {
  return state / "control.sock";
}

Result<std::unique_ptr<SocketServer>> SocketServer::open(const std::filesystem::path& path,
                                                         Handler handler,
                                                         std::chrono::milliseconds patience) {
  auto state = std::make_shared<State>(std::move(handler), patience);
  TRY_OK(state->listen(path));
  state->accept();
  state->thread = std::thread([state = state.get()] { state->io.run(); });
  return std::unique_ptr<SocketServer>(new SocketServer(path, std::move(state)));
}

SocketServer::~SocketServer() {
  asio::post(state_->io, [state = state_.get()] { state->close(); });
  state_->thread.join();  // nothing is left to wait for
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace weft::control
