#include "cli/serve.h"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace weft::cli {
namespace {

namespace asio = boost::asio;

constexpr int k_interrupted = 130;  // 128 + SIGINT, as shells have it

}  // namespace

struct Signals::State {
  // The signal thread's.
  asio::io_context io;
  asio::signal_set stop{io, SIGINT, SIGTERM};
  asio::signal_set reload{io, SIGHUP};
  // Between it and the control thread.
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;                   // guarded by mutex
  bool reloading = false;                  // guarded by mutex
  std::deque<std::function<void()>> work;  // guarded by mutex
  // Last: it uses all of the above.
  std::thread thread;

  void wait_for_stop() {
    stop.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      {
        const std::lock_guard lock(mutex);
        if (stopping) ::_exit(k_interrupted);
        stopping = true;
      }
      changed.notify_all();
      wait_for_stop();
    });
  }
  void wait_for_reload() {
    reload.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      {
        const std::lock_guard lock(mutex);
        reloading = true;
      }
      changed.notify_all();
      wait_for_reload();
    });
  }
};

Signals::Signals() : state_(std::make_unique<State>()) {
  state_->wait_for_stop();
  state_->wait_for_reload();
  state_->thread = std::thread([&io = state_->io] { io.run(); });
}

Signals::~Signals() {
  state_->io.stop();
  state_->thread.join();
}

void Signals::post(std::function<void()> work) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) return;
    state_->work.push_back(std::move(work));
  }
  state_->changed.notify_all();
}

void Signals::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
}

void Signals::serve(host::Host& host, Log& log, const std::function<void()>& reload) {
  State& state = *state_;
  for (;;) {
    std::unique_lock lock(state.mutex);
    state.changed.wait(
        lock, [&state] { return state.stopping || state.reloading || !state.work.empty(); });
    if (state.stopping) break;
    if (std::exchange(state.reloading, false)) {
      lock.unlock();
      reload();
      continue;
    }
    const auto next = std::move(state.work.front());
    state.work.pop_front();
    lock.unlock();
    next();
  }
  log.info("draining: answers under way finish; a second signal ends at once");
  host.drain();
  log.info("stopped");
}

Result<host::HostSettings> host_settings(const Global& global, const Serving& serving,
                                         Surroundings& around, ingress::AccessLog& access_log) {
  host::HostSettings settings;
  settings.threads = serving.threads;
  TRY(settings.cache, cache_dir(global));
  settings.http.admin = serving.admin;
  settings.adapters = around.adapters;
  if (serving.access_log == AccessLog::on) settings.http.access_log = &access_log;
  return settings;
}

}  // namespace weft::cli
