// The server's end of one HTTP/1.1 connection: reads requests, hands each to a handler, writes the
// answer, again.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/turn.h"
#include "net/http_input.h"
#include "net/http_message.h"
#include "net/http_parser.h"
#include "net/http_response.h"
#include "net/http_scan.h"
#include "net/listen.h"

namespace weft::net {

struct HttpSettings {
  HttpLimits limits;
  std::chrono::milliseconds head_timeout{
      10'000};  // from the first byte of a head, or the connect, to its end
  std::chrono::milliseconds idle_timeout{75'000};  // between two requests
  std::chrono::milliseconds body_timeout{
      60'000};  // without a byte of a request body that is waited for
  std::chrono::milliseconds write_timeout{
      60'000};  // without the client taking a byte of what is to be sent
  std::chrono::milliseconds first_request{250};  // when draining, for one that sent none yet
  std::chrono::milliseconds linger{2'000};  // for the client to read an answer to what was not read
  // A client that closed its sending half may still listen or may be gone: after this much waiting
  // it is probed, and again; where nothing can be sent to probe it, it counts as gone after the
  // latter.
  std::chrono::milliseconds probe_after{20};
  std::chrono::milliseconds probe_again{5'000};
  std::size_t window = 64 * 1024;  // of a request body, held at once
};

enum class HttpGone { left, stalled, malformed };
enum class HttpEnd { complete, broken, client_left };

struct HttpOutcome {
  std::uint16_t status = 0;                   // 0: no answer was made
  std::uint64_t bytes_in = 0, bytes_out = 0;  // of bodies
  HttpEnd end = HttpEnd::complete;
};

// Answers the requests of one connection, one after the other. All on the connection's thread. Per
// request: either on_request or on_refused, at the end on_done.
class HttpHandler {
 public:
  // Views valid during the call. `body`: what has arrived already. Answer now or later with
  // respond(), write(), finish(), and release() when nothing of the request is used any more.
  virtual void on_request(const HttpHead& head, std::string_view body, HttpMore more) = 0;
  // The bytes are no request that can be served: respond in the same way, at once. The connection
  // ends after it. `line`: what is known of a request that on_request did not tell; valid during
  // the call.
  virtual void on_refused(const HttpRefusal& refusal, const HttpRequestLine& line) = 0;
  // Answers one read_body().
  virtual void on_request_body(std::string_view chunk, HttpMore more,
                               std::span<const HttpField> trailers) = 0;
  // As many bytes of body have left for the client.
  virtual void on_drained(std::size_t bytes) = 0;
  // Let go of the request: nobody waits for its answer, which counts as released. Never called from
  // within one of the connection's own functions.
  virtual void on_gone(HttpGone why) = 0;
  virtual void on_done(const HttpOutcome& outcome) = 0;
  // The last call: the connection may, and should, be destroyed in it.
  virtual void on_closed() = 0;

 protected:
  ~HttpHandler() = default;
};

// Belongs to its handler; one thread. Must be closed first: destroyed in or after on_closed(), or
// after close() when its io_context never runs again.
class HttpConnection final : private AtTurnEnd {
 public:
  // All references outlive this object.
  HttpConnection(Socket socket, Turn& turn, const Clock& clock, const HttpSettings& settings,
                 HttpHandler& handler);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void start();
  // Serves what is under way, then closes. A client that has just connected may send one request.
  void drain();
  // At once; requests under way are told on_gone. Not from a handler's callback.
  void close();

  // For the handler, while it has a request.
  // Says why not, and does nothing: a status or header that must not be sent.
  std::optional<std::string_view> respond(std::uint16_t status, std::span<const HttpField> fields);
  void write(std::string_view chunk);
  void finish(std::span<const HttpField> trailers);
  // Asks for one on_request_body of at most `limit` bytes, which may come before this returns.
  void read_body(std::size_t limit);
  void release();
  // True: nothing has been sent, what was responded so far is forgotten and another response may be
  // given. False: too late, the client will see a broken response; the connection ends with
  // release().
  bool take_back();

  // The client's IP address; "-" when it has none or is gone.
  std::string remote_address() const;

 private:
  enum class Phase { idle, busy, lingering, closed };
  enum Timeout { t_head, t_body, t_write, t_probe, t_linger, t_count };

  void on_turn_end() override;
  void soon();
  // Reading.
  void fill();
  void wait_for_room();
  void on_read(const boost::system::error_code& ec, std::size_t bytes);
  void on_eof();
  void serve();
  void begin_request();
  void refuse(const HttpRefusal& refusal, const HttpRequestLine& line = {});
  void pump_body();
  bool take_piece(std::size_t limit, std::string_view& piece);
  bool take_body(std::size_t limit, std::string_view& chunk);
  void ask_to_continue();
  // Writing.
  void flush();
  bool send();
  void wait_to_write();
  void on_written(std::size_t bytes);
  Closing closing();
  // Ends.
  void lose(HttpGone why);
  void reject(const HttpRefusal& refusal, HttpGone why);
  void break_off();
  void mark_lost() { lost_ = true, soon(); }
  void next();
  void end_request();
  void linger_or_close();
  void shut();
  void discard_body();
  // Time.
  void set(Timeout which, std::chrono::milliseconds after);
  void unset(Timeout which) { deadlines_[which] = MonotonicTime::max(); }
  void arm();
  void on_alarm();
  bool can_probe() const;
  void probe();
  void expect_more();
  void watch();

  // Set at construction.
  Socket socket_;
  Turn& turn_;
  const Clock& clock_;
  const HttpSettings& settings_;
  HttpHandler& handler_;
  // The connection.
  Alarm alarm_;  // set to the earliest deadline, or to one that has moved on since
  std::array<MonotonicTime, t_count> deadlines_;
  int pending_ = 0;  // operations of Asio that will still call
  Phase phase_ = Phase::idle;
  bool soon_ = false, reading_ = false, writing_ = false, watching_ = false;
  bool eof_ = false, served_ = false, draining_ = false, lost_ = false, in_handler_ = false;
  HttpInput input_;
  HttpFrame out_;
  std::size_t out_sent_ = 0;
  // The request.
  HttpHeadScan scan_;
  HttpParser parser_;
  HttpHead head_;  // its views are valid only within on_request()
  Method method_ = Method::other;
  HttpResponse response_;
  std::string scratch_;  // small chunks put together
  std::optional<HttpRefusal> bad_body_;
  std::size_t want_ = 0;  // of the body, asked for and not given
  std::size_t owed_ = 0;  // sent and not yet told
  std::uint64_t body_in_ = 0;
  bool released_ = false, parsed_ = false, refused_ = false, head_begun_ = false,
       continue_due_ = false;
};

}  // namespace weft::net
