// A listener with a fake application behind it, for the tests of this folder.
#pragma once
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "ingress/http/listener.h"

namespace weft::ingress::testing {

class FakeCall;

// Answers by the path of a request:
// /hello · /echo (streams the body back) · /fields (the request as text) · /never (until cancelled)
// · /fail/N (N: the number of an Errc) · /bytes/N (as fast as the credit allows) · /late (reads the
// body when a byte of it is there, then answers its size) · /lost (fails at the first piece of body
// it is given) · /hasty/N (asks for the body, then answers N bytes without it) · /begin (head and
// some bytes, then waits until cancelled) · /half (head and some bytes, then a
// failure) · /bad (a header that must not be sent) · /trailers (body and trailers as they came) ·
// /empty/N (status N without body) · /ignore (answers, reads nothing)
class FakeApplication final : public contracts::Invoker {
 public:
  contracts::Pending invoke(contracts::Invocation invocation, contracts::Replier& replier) override;
  ~FakeApplication() override;

  std::atomic<int> calls = 0, cancelled = 0, wants = 0;
  std::atomic<std::uint64_t> most_unsent = 0;  // bytes that one call has pushed beyond what left

 private:
  friend class FakeCall;
  std::list<std::unique_ptr<FakeCall>> running_;
};

// Runs the server on a thread of its own.
class Scenario {
 public:
  explicit Scenario(net::HttpServerSettings settings = {}, AccessLog* access_log = nullptr);
  ~Scenario();

  // On the server's thread, waits for it.
  void on_server(std::function<void()> task);
  // Does `before` on the server's thread, and starts HttpListener::drain there when its loop has
  // gone on to other work `turns` times; drained() is true when it returned within a time no test
  // waits for.
  void start_drain(
      std::chrono::milliseconds deadline, const std::function<void()>& before = [] {},
      int turns = 0);
  bool drained();

  std::uint16_t port = 0;
  FakeApplication application;
  HttpMetrics metrics;
  std::string logged;  // read it after the scenario's thread did nothing more, or in on_server
  std::unique_ptr<HttpListener> listener;

 private:
  void drain_after(int turns, std::chrono::milliseconds deadline);

  SystemClock clock_;
  SystemRandom random_;
  Log log_;
  boost::asio::io_context io_{1};
  Turn turn_;
  std::atomic<bool> drained_ = false;
  std::thread thread_;
};

// Polls until `holds`, at most some seconds.
bool eventually(const std::function<bool()>& holds);

}  // namespace weft::ingress::testing
