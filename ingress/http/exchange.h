// A client of an application: turns each of its requests into an invocation and the callee's answer
// into a response.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/quick_random.h"
#include "base/turn.h"
#include "contracts/invocation.h"
#include "ingress/http/access_log.h"
#include "ingress/http/metrics.h"
#include "ingress/http/router.h"
#include "net/http_server.h"

namespace weft::ingress {

// What the exchanges of one listener on one thread share. All references outlive them.
struct ExchangeContext {
  contracts::Invoker& invoker;
  HttpMetrics& metrics;
  Log& log;
  const Clock& clock;
  AccessLog* access_log;  // null: off
  QuickRandom& random;
  std::string address;  // of the listener, as routes name it
  std::shared_ptr<const Router> router;
  const RouteTable* routes = nullptr;  // of `router`; null when nothing is routed from here
  // Room for the fields of the message that is being handed over; empty in between.
  std::vector<contracts::Header> request_fields;
  std::vector<net::HttpField> response_fields;
};

// One thread, one request at a time. Used again for every request of its connection.
class Exchange final : public net::HttpPeer,
                       private contracts::HttpCaller,
                       private contracts::Replier,
                       private AtTurnEnd {
 public:
  Exchange(net::Socket socket, net::HttpServer& server, ExchangeContext& context);
  ~Exchange() override;

 private:
  // net::HttpHandler
  void on_request(const net::HttpHead& head, std::string_view body, net::HttpMore more) override;
  void on_refused(const net::HttpRefusal& refusal, const net::HttpRequestLine& line) override;
  void on_request_body(std::string_view chunk, net::HttpMore more,
                       std::span<const net::HttpField> trailers) override;
  void on_drained(std::size_t bytes) override;
  void on_gone(net::HttpGone why) override;
  void on_done(const net::HttpOutcome& outcome) override;
  // contracts::HttpCaller
  void on_head(contracts::HttpCallee& callee, std::uint16_t status,
               std::span<const contracts::Header> headers) override;
  void on_body(std::string_view chunk) override;
  void on_end(std::span<const contracts::Header> trailers) override;
  void on_want(contracts::HttpCallee& callee, std::size_t limit) override;
  // contracts::Replier
  void on_reply(contracts::Reply reply) noexcept override;
  // AtTurnEnd
  void on_turn_end() override;

  void begin();
  void read_fields(const net::HttpHead& head);
  void drop_named_by_connection(const net::HttpHead& head);
  void invoke(const Route& route, const net::HttpHead& head, std::string_view body,
              net::HttpMore more);
  void answer(std::uint16_t status, std::string_view sentence);
  void failed(const Error& error);
  std::span<const net::HttpField> for_client(std::span<const contracts::Header> headers);

  ExchangeContext& shared_;
  Turn& turn_;
  contracts::Pending call_;
  contracts::HttpCallee* callee_ = nullptr;
  contracts::Context context_;
  MonotonicTime began_;
  std::string accept_;
  std::string method_, host_, target_, version_, component_;  // for the access log
  std::string_view
      bad_response_;  // why the callee's response cannot be sent; it is cancelled at the turn's end
  bool open_ = false;         // a request is being counted
  bool ended_ = false;        // the callee gave the end of its response
  std::uint16_t status_ = 0;  // of that
};

}  // namespace weft::ingress
