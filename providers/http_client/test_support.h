// What the tests of this folder share: names that lead where the test says, a loop, a guest's side.
#pragma once
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "providers/http_client/http_client.h"
#include "tests/support/raw_server.h"

namespace weft::providers::http_client::test {

// Names and their addresses; one without any is never answered, one that is not there does not
// exist.
using Names = std::map<std::string, std::vector<std::string>>;

class FakeResolver final : public net::Resolver {
 public:
  explicit FakeResolver(const Names& names) : names_(names) {}
  std::unique_ptr<Lookup> resolve(net::Query query, net::Executor executor,
                                  std::function<void(Result<net::Addresses>)> done) override {
    auto asked = std::make_shared<std::function<void(Result<net::Addresses>)>>(std::move(done));
    const auto found = names_.find(query.host);
    if (found == names_.end() || !found->second.empty()) {
      Result<net::Addresses> answer = fail(Errc::not_found, "there is no host " + query.host);
      if (found != names_.end()) {
        net::Addresses addresses;
        for (const auto& one : found->second)
          addresses.push_back(boost::asio::ip::make_address(one));
        answer = addresses;
      }
      boost::asio::post(executor, [asked, answer] {
        if (const auto told = std::exchange(*asked, nullptr)) told(answer);
      });
    }
    return std::make_unique<Asked>(asked);
  }

 private:
  struct Asked final : Lookup {
    explicit Asked(std::shared_ptr<std::function<void(Result<net::Addresses>)>> shared)
        : asked(std::move(shared)) {}
    ~Asked() override { *asked = nullptr; }
    std::shared_ptr<std::function<void(Result<net::Addresses>)>> asked;
  };
  const Names& names_;
};

// One request and what became of it.
class Guest final : public contracts::HttpCaller, public contracts::Replier {
 public:
  void on_head(contracts::HttpCallee& callee, std::uint16_t given,
               std::span<const contracts::Header> fields) override {
    callee_ = &callee;
    status = given;
    for (const auto& field : fields)
      headers += std::string(field.name) + "=" + std::string(field.value) + ";";
  }
  void on_body(std::string_view chunk) override {
    received += chunk.size();
    if (received < 1 << 20) body += chunk;
    if (!stalled) callee_->credit(chunk.size());
  }
  void on_end(std::span<const contracts::Header> fields) override {
    ended = true;
    for (const auto& field : fields)
      trailers += std::string(field.name) + "=" + std::string(field.value) + ";";
  }
  void on_want(contracts::HttpCallee& callee, std::size_t limit) override {
    callee_ = &callee;
    ++wants;
    if (silent) return;
    const auto piece = std::min(limit, upload);
    upload -= piece;
    uploaded += piece;
    const std::vector<contracts::Header> sum{{"x-sum", "42"}};
    callee.push(std::string(piece, 'u'),
                upload == 0 ? contracts::Body::ended : contracts::Body::more,
                upload == 0 ? sum : std::vector<contracts::Header>());
  }
  void on_reply(contracts::Reply reply) noexcept override {
    pending.settled();
    over = true;
    code = reply.code;
    if (!reply.results) {
      error = reply.results.error();
    }
  }
  // "200 hello", or the code of the failure.
  std::string text() const {
    if (!over) return "no reply";
    if (error) return std::string(contracts::wit_name(code));
    return std::to_string(status) + " " + body;
  }
  void credit(std::size_t bytes) { callee_->credit(bytes); }

  // Before.
  bool stalled = false, silent = false;
  std::size_t upload = 0;  // bytes of body
  // After.
  contracts::Pending pending;
  std::uint16_t status = 0;
  std::string headers, body, trailers;
  std::size_t received = 0, uploaded = 0;
  int wants = 0;
  bool ended = false, over = false;
  contracts::HttpCode code = contracts::HttpCode::none;
  std::optional<Error> error;

 private:
  contracts::HttpCallee* callee_ = nullptr;
};

// A thread with the client on it.
class Client {
 public:
  explicit Client(contracts::Settings settings = {{"allow_private", "true"}},
                  MaybeTls system = net::TlsClient::make({}))
      : provider_(std::make_unique<FakeResolver>(names), places, std::move(system), clock, log) {
    auto opened = provider_.open(io.get_executor(), settings);
    EXPECT_TRUE(opened) << opened.error().message;
    if (opened) endpoint = *std::move(opened);
  }

  struct Ask {
    std::string method = "GET";
    std::string scheme = "http";
    std::string target = "/";
    std::vector<contracts::Header> headers = {};
    std::chrono::nanoseconds connect_timeout = std::chrono::nanoseconds::max();
    std::size_t credit = 64 * 1024;
  };
  void ask(Guest& guest, const std::string& authority, const Ask& ask) {
    const contracts::HttpRequest request{.method = ask.method,
                                         .scheme = ask.scheme,
                                         .authority = authority,
                                         .target = ask.target,
                                         .headers = ask.headers,
                                         .body = {},
                                         .body_state = guest.upload > 0 || guest.silent
                                                           ? contracts::Body::more
                                                           : contracts::Body::ended,
                                         .credit = ask.credit,
                                         .connect_timeout = ask.connect_timeout};
    contracts::Invocation invocation;
    invocation.context.trace = trace;
    invocation.source = "app-web";
    invocation.link = "default";
    invocation.contract = invocation.interface = "wasi:http/outgoing-handler@0.2.0";
    invocation.function = "handle";
    invocation.payload = contracts::HttpCall{&request, &guest};
    auto pending = endpoint->invoke(std::move(invocation), guest);
    if (!guest.over) guest.pending = std::move(pending);
  }
  void ask(Guest& guest, const std::string& authority) { ask(guest, authority, Ask()); }
  // Asks, waits for the end and tells it.
  std::string get(const std::string& authority, const Ask& how) {
    Guest guest;
    ask(guest, authority, how);
    EXPECT_TRUE(wait([&] { return guest.over; }));
    return guest.text();
  }
  std::string get(const std::string& authority) { return get(authority, Ask()); }

  // Works until `done`; false after ten seconds.
  bool wait(const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > until) return false;
      io.restart();
      io.run_for(std::chrono::milliseconds(2));
    }
    return true;
  }
  void work(std::chrono::milliseconds time) {
    io.restart();
    io.run_for(time);
  }

  Names names{{"shop.example", {"127.0.0.1"}}};
  boost::asio::io_context io{1};
  SystemClock clock;
  SystemRandom random;
  std::string logged;
  Log log{{.level = LogLevel::debug}, clock, [this](std::string_view line) { logged += line; }};
  TraceContext trace = TraceContext::make(random);
  net::ConnectionPlaces places{20};
  HttpClient provider_;
  std::unique_ptr<contracts::Endpoint> endpoint;
};

inline std::string at(const tests::RawServer& server, std::string_view host = "shop.example") {
  return std::string(host) + ":" + std::to_string(server.port());
}

// Answers `answer` to each request on each connection.
inline tests::RawServer::Serve always(std::string answer) {
  return [answer = std::move(answer)](tests::RawClient& peer, int) {
    while (!peer.read_until("\r\n\r\n").empty() && peer.send(answer)) {
    }
  };
}

}  // namespace weft::providers::http_client::test
