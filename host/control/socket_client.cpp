#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <utility>

#include "host/control/socket.h"
#include "host/control/socket_folder.h"

namespace weft::control {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using boost::system::error_code;

std::unexpected<Error> nobody(const std::filesystem::path& state, const std::string& why) {
  return fail(Errc::unavailable,
              fmt::format("no host of the state folder {} can be asked ({}): start one with `weft "
                          "up MANIFEST`, or name its folder with --state-dir",
                          state.string(), why));
}

// A conversation with a deadline.
class Asking {
 public:
  explicit Asking(std::chrono::milliseconds patience)
      : end_(std::chrono::steady_clock::now() + patience) {}

  error_code connect(const std::filesystem::path& path) {
    error_code outcome = asio::error::would_block;
    const SocketFolder folder(path);
    socket_.async_connect(Local::endpoint(folder.name()),
                          [&outcome](error_code error) { outcome = error; });
    return run(outcome);
  }
  error_code exchange(std::string_view request, std::string& reply) {
    error_code outcome = asio::error::would_block;
    asio::async_write(socket_, asio::buffer(request),
                      [&](error_code error, std::size_t) { outcome = error; });
    if (run(outcome)) return outcome;
    outcome = asio::error::would_block;
    std::size_t line = 0;
    asio::async_read_until(socket_, asio::dynamic_buffer(reply), '\n',
                           [&](error_code error, std::size_t length) {
                             outcome = error;
                             line = length;
                           });
    if (run(outcome)) return outcome;
    std::size_t bytes = 0;
    const auto* last = reply.data() + line - 1;
    const auto [end, bad] = std::from_chars(reply.data(), last, bytes);
    if (bad != std::errc() || end != last) return asio::error::invalid_argument;
    reply.erase(0, line);
    const auto there = reply.size();
    if (there > bytes) return asio::error::invalid_argument;
    reply.resize(bytes);
    outcome = asio::error::would_block;
    asio::async_read(socket_, asio::buffer(reply.data() + there, bytes - there),
                     [&](error_code error, std::size_t) { outcome = error; });
    return run(outcome);
  }

 private:
  error_code& run(error_code& outcome) {
    io_.restart();
    while (outcome == asio::error::would_block && io_.run_one_until(end_) != 0) {
    }
    if (outcome == asio::error::would_block) {
      // What was started must end before its handler's frame does.
      socket_.close();
      io_.restart();
      io_.run();
      outcome = asio::error::timed_out;
    }
    return outcome;
  }

  const std::chrono::steady_clock::time_point end_;
  asio::io_context io_{1};
  Local::socket socket_{io_};
};

}  // namespace

Result<std::string> ask(const std::filesystem::path& state, std::string_view subject,
                        std::string_view payload, std::chrono::milliseconds patience) {
  Asking asking(patience);
  if (const auto error = asking.connect(socket_path(state))) return nobody(state, error.message());
  std::string reply;
  const auto request = fmt::format("{} {}\n{}", subject, payload.size(), payload);
  const auto error = asking.exchange(request, reply);
  if (!error) return reply;
  if (error == asio::error::timed_out) {
    return fail(Errc::timed_out,
                fmt::format("the host did not reply within {} s; it may still be at work: weft "
                            "inventory shows what runs",
                            patience.count() / 1000));
  }
  return fail(Errc::unavailable,
              fmt::format("the host went away before it replied: {}", error.message()));
}

}  // namespace weft::control
