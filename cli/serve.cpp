#include "cli/serve.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>

namespace weft::cli {
namespace {

namespace asio = boost::asio;

constexpr int k_interrupted = 130;  // 128 + SIGINT, as shells have it

// While the control thread drains, a second signal must still be heard: by a thread of its own.
class SecondSignal {
 public:
  explicit SecondSignal(asio::signal_set& signals, asio::io_context& io) : io_(io) {
    signals.async_wait([](const boost::system::error_code& error, int) {
      if (!error) ::_exit(k_interrupted);
    });
    thread_ = std::thread([this] { io_.run(); });
  }
  ~SecondSignal() {
    io_.stop();
    thread_.join();
  }

 private:
  asio::io_context& io_;
  std::thread thread_;
};

}  // namespace

struct Signals::State {
  asio::io_context io;
  asio::signal_set stop{io, SIGINT, SIGTERM};
  asio::signal_set reload{io, SIGHUP};
  bool stopping = false;
  std::function<void()> wait_for_reload;
};

Signals::Signals() : state_(std::make_unique<State>()) {}
Signals::~Signals() = default;

void Signals::serve(host::Host& host, Log& log, const std::function<void()>& reload) {
  State& state = *state_;
  state.stop.async_wait([&](const boost::system::error_code& error, int) { state.stopping = !error; });
  state.wait_for_reload = [&] {
    state.reload.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      reload();
      state.wait_for_reload();
    });
  };
  state.wait_for_reload();
  while (!state.stopping) state.io.run_one();
  log.info("draining: answers under way finish; a second signal ends at once");
  const SecondSignal second(state.stop, state.io);
  host.drain();
  log.info("stopped");
}

Result<host::HostSettings> host_settings(const Global& global, const Serving& serving,
                                         Surroundings& around, ingress::AccessLog& access_log) {
  host::HostSettings settings;
  settings.threads = serving.threads;
  TRY(settings.state, state_dir(global));
  TRY(settings.cache, cache_dir(global));
  settings.http.admin = serving.admin;
  settings.adapters = around.adapters;
  if (serving.access_log == AccessLog::on) settings.http.access_log = &access_log;
  return settings;
}

}  // namespace weft::cli
