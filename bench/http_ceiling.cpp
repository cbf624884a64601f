// The HTTP server of Weft with nothing behind it: what a request costs before any guest runs.
// Usage: http_ceiling [ADDRESS [THREADS [SPIN_MICROSECONDS]]]   (127.0.0.1:8000, 1 thread, 0); ends
// on Ctrl-C GET / answers 13 bytes; POST /echo answers its body, streaming.
#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "ingress/http/listener.h"

namespace weft {
namespace {

enum class Over { no, yes };

// Streams a body back; owns itself as every callee does.
class Echo final : public contracts::HttpCallee, public contracts::Call {
 public:
  Echo(const contracts::HttpCall& http, contracts::Replier& replier)
      : caller_(*http.caller),
        replier_(replier),
        credit_(http.request->credit),
        waiting_(http.request->body),
        state_(http.request->body_state) {}

  Over begin() {
    caller_.on_head(*this, 200, {});
    return work();
  }
  void finish() {
    auto& replier = replier_;
    delete this;
    replier.on_reply({contracts::Image()});
  }
  void push(std::string_view chunk, contracts::Body state,
            std::span<const contracts::Header>) override {
    wanting_ = false;
    waiting_ += chunk;
    state_ = state;
    if (!working_ && work() == Over::yes) finish();
  }
  void credit(std::size_t bytes) override {
    credit_ += bytes;
    if (!working_ && work() == Over::yes) finish();
  }
  void cancel() noexcept override { delete this; }

 private:
  Over work() {
    working_ = true;
    while (!wanting_) {
      const auto size = std::min(waiting_.size(), credit_);
      if (size != 0) {
        credit_ -= size;
        caller_.on_body(std::string_view(waiting_).substr(0, size));
        waiting_.erase(0, size);
      }
      if (!waiting_.empty()) break;
      if (state_ == contracts::Body::ended) {
        caller_.on_end({});
        return Over::yes;
      }
      wanting_ = true;
      caller_.on_want(*this, 64 * 1024);
    }
    working_ = false;
    return Over::no;
  }

  contracts::HttpCaller& caller_;
  contracts::Replier& replier_;
  std::size_t credit_;
  std::string waiting_;
  contracts::Body state_;
  bool wanting_ = false, working_ = false;
};

class Ceiling final : public contracts::Invoker {
 public:
  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    const auto& http = std::get<contracts::HttpCall>(invocation.payload);
    if (http.request->target == "/echo") return echo(http, replier);
    const contracts::Header type{"content-type", "text/plain"};
    http.caller->on_head(silent_, 200, {&type, 1});
    http.caller->on_body("hello, world\n");
    http.caller->on_end({});
    replier.on_reply({contracts::Image()});
    return {};
  }

 private:
  // For a response that is given at once there is nothing to be told.
  class Silent final : public contracts::HttpCallee {
    void push(std::string_view, contracts::Body, std::span<const contracts::Header>) override {}
    void credit(std::size_t) override {}
  };

  static contracts::Pending echo(const contracts::HttpCall& http, contracts::Replier& replier) {
    auto* call = new Echo(http, replier);
    if (call->begin() == Over::no) return contracts::Pending(*call);
    call->finish();
    return {};
  }

  Silent silent_;
};

// Looks a little longer for work before it sleeps, as the host's own loop does.
void run(boost::asio::io_context& io, Turn& turn, std::chrono::microseconds spin) {
  using Clock = std::chrono::steady_clock;
  while (!io.stopped()) {
    const auto until = Clock::now() + spin;
    bool found = io.poll_one() != 0;
    while (!found && spin.count() != 0 && Clock::now() < until) found = io.poll_one() != 0;
    if (!found) io.run_one();
    turn.settle();
  }
}

int number(const char* text, int otherwise) {
  if (text == nullptr) return otherwise;
  const std::string_view view(text);
  std::from_chars(view.data(), view.data() + view.size(), otherwise);
  return otherwise;
}

Result<> serve(const net::ListenAddress& address, std::shared_ptr<const ingress::Router> router,
               std::chrono::microseconds spin) {
  boost::asio::io_context io{1};
  Turn turn;
  Ceiling ceiling;
  ingress::HttpMetrics metrics;
  SystemClock clock;
  SystemRandom random;
  Log log({}, clock,
          [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); });
  TRY(auto listening, net::TcpNetwork().listen(io, address));
  ingress::HttpListener listener(std::move(listening), address.text(),
                                 {.turn = turn,
                                  .invoker = ceiling,
                                  .metrics = metrics,
                                  .log = log,
                                  .clock = clock,
                                  .seed = random});
  listener.set_router(std::move(router));
  listener.start();
  run(io, turn, spin);
  return {};
}

Result<> start(int argc, char** argv) {
  TRY(const auto address, net::ListenAddress::parse(argc > 1 ? argv[1] : "127.0.0.1:8000"));
  TRY_OK(net::TcpNetwork().probe(address));
  ingress::Route route;
  route.address = address.text();
  route.link = LinkName("default");
  TRY(const auto router, ingress::Router::make({route}));
  const std::chrono::microseconds spin(number(argc > 3 ? argv[3] : nullptr, 0));
  std::vector<std::jthread> threads;
  for (int i = 1; i < number(argc > 2 ? argv[2] : nullptr, 1); ++i) {
    threads.emplace_back([&] { (void)serve(address, router, spin); });
  }
  return serve(address, router, spin);
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  const auto ended = weft::start(argc, argv);
  if (!ended) fmt::print(stderr, "{}\n", ended.error().message);
  return ended ? 0 : 1;
}
