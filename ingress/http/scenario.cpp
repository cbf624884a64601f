#include "ingress/http/scenario.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <future>
#include <utility>

namespace weft::ingress::testing {
namespace {

constexpr auto k_patience = std::chrono::seconds(10);

std::uint64_t number_behind(std::string_view text, std::string_view prefix) {
  std::uint64_t value = 0;
  text.remove_prefix(prefix.size());
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

class FakeCall final : public contracts::HttpCallee, public contracts::Call {
 public:
  FakeCall(FakeApplication& application, contracts::HttpCaller& caller, contracts::Replier& replier,
           const contracts::HttpRequest& request)
      : application_(application),
        caller_(caller),
        replier_(replier),
        method_(request.method),
        target_(request.target),
        authority_(request.authority),
        body_(request.body),
        state_(request.body_state),
        credit_(request.credit) {
    for (const auto& header : request.headers) {
      fields_.append(header.name).append("=").append(header.value).append("\n");
    }
  }

  // True when the call is over.
  bool start() {
    const std::string_view target = target_;
    if (target.starts_with("/fail/")) return fail(number_behind(target, "/fail/"));
    if (target == "/never") return false;
    if (target == "/half") {
      head(200);
      caller_.on_body("some");
      return fail(static_cast<std::uint64_t>(Errc::trapped));
    }
    if (target == "/bad") {
      const contracts::Header bad{"x", "a\r\nb: c"};
      caller_.on_head(*this, 200, {{bad}});
      caller_.on_body("never to be seen");
      return false;
    }
    if (target.starts_with("/empty/")) {
      head(static_cast<std::uint16_t>(number_behind(target, "/empty/")));
      return end();
    }
    if (target.starts_with("/bytes/")) {
      left_ = number_behind(target, "/bytes/");
      head(200);
      return pump_bytes();
    }
    if (target == "/echo" || target == "/trailers") {
      head(200);
      return echo();
    }
    if (target == "/late" || target == "/lost") return want();
    if (target == "/begin") {
      head(200);
      caller_.on_body("some");
      return false;
    }
    if (target.starts_with("/hasty/")) {
      inside_ = true;
      ask();
      inside_ = false;
      return text(std::string(number_behind(target, "/hasty/"), 'x'));
    }
    if (target == "/fields")
      return text(method_ + " " + authority_ + " " + target_ + "\n" + fields_);
    return text("hello");
  }

  void push(std::string_view chunk, contracts::Body state,
            std::span<const contracts::Header> trailers) override {
    body_ += chunk;
    state_ = state;
    for (const auto& trailer : trailers) trailers_.emplace_back(trailer.name, trailer.value);
    wanting_ = false;
    if (inside_) return;
    if (target_ == "/lost") {
      if (fail(static_cast<std::uint64_t>(Errc::trapped))) finish();
    } else if (target_ == "/late") {
      if (want()) finish();
    } else if (echo()) {
      finish();
    }
  }
  void credit(std::size_t bytes) override {
    credit_ += bytes;
    unsent_ -= bytes;
    if (target_ == "/begin") return;
    if (!inside_ && (target_.starts_with("/bytes/") ? pump_bytes() : echo())) finish();
  }
  void cancel() noexcept override {
    ++application_.cancelled;
    erase();
  }
  void finish() {
    auto& replier = replier_;
    auto error = std::move(error_);
    erase();
    if (error) return replier.on_reply({std::unexpected(*error)});
    replier.on_reply({contracts::Image()});
  }

  std::list<std::unique_ptr<FakeCall>>::iterator self;

 private:
  void erase() { application_.running_.erase(self); }
  void head(std::uint16_t status) {
    const contracts::Header type{"content-type", "text/plain"};
    caller_.on_head(*this, status, {{type}});
  }
  bool end() {
    std::vector<contracts::Header> trailers;
    trailers.reserve(trailers_.size());
    for (const auto& [name, value] : trailers_) trailers.push_back({name, value});
    caller_.on_end(trailers);
    return true;
  }
  bool text(std::string_view body) {
    head(200);
    caller_.on_body(body);
    return end();
  }
  bool fail(std::uint64_t code) {
    error_ = Error{static_cast<Errc>(code), "secret details"};
    return true;
  }
  void send(std::string_view bytes) {
    credit_ -= bytes.size();
    unsent_ += bytes.size();
    if (unsent_ > application_.most_unsent) application_.most_unsent = unsent_;
    caller_.on_body(bytes);
  }
  bool pump_bytes() {
    inside_ = true;
    while (left_ > 0 && credit_ > 0) {
      const std::string piece(std::min<std::size_t>({left_, credit_, 64 * 1024}), 'x');
      left_ -= piece.size();
      send(piece);
    }
    inside_ = false;
    return left_ == 0 && end();
  }
  // Passes the body on as it comes; true when it has ended.
  bool echo() {
    inside_ = true;
    while (true) {
      const auto piece = body_.substr(0, credit_);
      body_.erase(0, piece.size());
      if (!piece.empty()) send(piece);
      if (!body_.empty() || wanting_) break;
      if (state_ == contracts::Body::ended) {
        inside_ = false;
        return end();
      }
      ask();
      if (wanting_) break;
    }
    inside_ = false;
    return false;
  }
  // Reads the body to its end and answers its size.
  bool want() {
    inside_ = true;
    while (state_ == contracts::Body::more && !wanting_) ask();
    inside_ = false;
    return state_ == contracts::Body::ended && text(std::to_string(body_.size()));
  }
  void ask() {
    wanting_ = true;
    ++application_.wants;
    caller_.on_want(*this, 64 * 1024);
  }

  FakeApplication& application_;
  contracts::HttpCaller& caller_;
  contracts::Replier& replier_;
  std::string method_, target_, authority_, fields_, body_;
  std::vector<std::pair<std::string, std::string>> trailers_;
  contracts::Body state_;
  std::size_t credit_, unsent_ = 0, left_ = 0;
  std::optional<Error> error_;
  bool wanting_ = false, inside_ = false;
};

contracts::Pending FakeApplication::invoke(contracts::Invocation invocation,
                                           contracts::Replier& replier) {
  ++calls;
  const auto& http = std::get<contracts::HttpCall>(invocation.payload);
  running_.push_front(std::make_unique<FakeCall>(*this, *http.caller, replier, *http.request));
  auto& call = *running_.front();
  call.self = running_.begin();
  if (!call.start()) return contracts::Pending(call);
  call.finish();
  return {};
}

FakeApplication::~FakeApplication() = default;

Scenario::Scenario(net::HttpServerSettings settings, AccessLog* access_log)
    : log_({.level = LogLevel::debug}, clock_, [this](std::string_view line) { logged += line; }) {
  const auto address = *net::ListenAddress::parse("127.0.0.1:0");
  listener = std::make_unique<HttpListener>(*net::TcpNetwork().listen(io_, address), address.text(),
                                            HttpListenerParts{.turn = turn_,
                                                              .invoker = application,
                                                              .metrics = metrics,
                                                              .log = log_,
                                                              .clock = clock_,
                                                              .seed = random_,
                                                              .access_log = access_log},
                                            settings);
  port = listener->local().endpoint.port();
  Route route;
  route.address = listener->address();
  route.path = "/";
  route.source = ComponentId("test-http");
  route.link = LinkName("default");
  route.target = "test-app";
  auto other = route;
  other.host = "only.example";
  other.path = "/hello";
  auto router = Router::make({route, other});
  listener->set_router(*router);
  listener->start();
  thread_ = std::thread([this] {
    const auto work = boost::asio::make_work_guard(io_);
    while (io_.run_one() != 0) turn_.settle();
  });
}

Scenario::~Scenario() {
  on_server([this] { listener->close(); });
  (void)eventually([this] {
    bool empty = false;
    on_server([&] { empty = listener->empty(); });
    return empty;
  });
  io_.stop();
  thread_.join();
  listener.reset();  // before its io_context
}

void Scenario::on_server(std::function<void()> task) {
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void Scenario::start_drain(std::chrono::milliseconds deadline, const std::function<void()>& before,
                           int turns) {
  on_server([&] {
    before();
    drain_after(turns, deadline);
  });
}

void Scenario::drain_after(int turns, std::chrono::milliseconds deadline) {
  if (turns > 0) {
    return boost::asio::post(io_, [this, turns, deadline] { drain_after(turns - 1, deadline); });
  }
  boost::asio::co_spawn(io_, listener->drain(clock_.now() + deadline),
                        [this](const std::exception_ptr&) { drained_ = true; });
}

bool Scenario::drained() {
  return eventually([this] { return drained_.load(); });
}

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + k_patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace weft::ingress::testing
