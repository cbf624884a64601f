#include "net/http_connection.h"

#include <poll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <utility>

namespace weft::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
constexpr std::size_t k_write_at = 64 * 1024;  // more is not collected before it is sent
}

HttpConnection::HttpConnection(Socket socket, Turn& turn, const Clock& clock,
                               const HttpSettings& settings, HttpHandler& handler)
    : socket_(std::move(socket)),
      turn_(turn),
      clock_(clock),
      settings_(settings),
      handler_(handler),
      alarm_(socket_.get_executor(), clock, [this] { on_alarm(); }),
      parser_(settings.limits),
      response_(clock) {
  deadlines_.fill(MonotonicTime::max());
}

HttpConnection::~HttpConnection() {
  if (soon_) turn_.forget(*this);
}

void HttpConnection::start() {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);  // so that sending can be tried in place
  set(t_head, settings_.head_timeout);
  fill();
}

void HttpConnection::drain() {
  draining_ = true;
  if (phase_ != Phase::idle || input_.size() != 0) return;
  if (served_) return shut();
  set(t_head, settings_.first_request);
}

void HttpConnection::close() {
  if (phase_ == Phase::busy) return lose(HttpGone::left);
  shut();
}

void HttpConnection::soon() {
  if (!std::exchange(soon_, true)) turn_.later(*this);
}

void HttpConnection::on_turn_end() {
  soon_ = false;
  if (phase_ == Phase::busy) {
    if (lost_) return lose(HttpGone::left);
    if (bad_body_ && !refused_) return reject(HttpRefusal(*bad_body_), HttpGone::malformed);
    if (owed_ != 0 && !released_ && !response_.has_ended())
      handler_.on_drained(std::exchange(owed_, 0));
    flush();
    if (released_ && !response_.has_ended()) return break_off();
    if (phase_ == Phase::busy && released_ && response_.is_over() && !writing_) next();
  }
  if (phase_ == Phase::idle) serve();
  fill();
  if (phase_ == Phase::closed && pending_ == 0 && !soon_) handler_.on_closed();
}

// ---- the handler's side ----

std::optional<std::string_view> HttpConnection::respond(std::uint16_t status,
                                                        std::span<const HttpField> fields) {
  if (phase_ != Phase::busy) return std::nullopt;
  auto refused = response_.head(status, fields);
  if (!refused) soon();
  return refused;
}

void HttpConnection::write(std::string_view chunk) {
  if (phase_ != Phase::busy) return;
  const auto before = response_.waiting_bytes();
  response_.body(chunk);
  owed_ += chunk.size() - (response_.waiting_bytes() - before);  // what a broken response drops
  if (response_.waiting_bytes() >= k_write_at) flush();
  soon();
}

void HttpConnection::finish(std::span<const HttpField> trailers) {
  if (phase_ != Phase::busy) return;
  response_.end(trailers);
  unset(t_probe);
  flush();  // now: whoever answered may take its time to go away
}

void HttpConnection::read_body(std::size_t limit) {
  if (phase_ != Phase::busy) return;
  want_ = limit;
  if (continue_due_) ask_to_continue();
  pump_body();
}

void HttpConnection::release() {
  released_ = true;
  want_ = 0;
  unset(t_body);
  soon();
}

bool HttpConnection::take_back() {
  if (response_.is_committed()) return false;
  response_.start(method_, head_.version, Trailers::refused);
  return true;
}

std::string HttpConnection::remote_address() const {
  error_code ec;
  const auto endpoint = tcp_endpoint(socket_.remote_endpoint(ec));
  return ec || !endpoint ? std::string("-") : endpoint->address().to_string();
}

// ---- ends ----

void HttpConnection::lose(HttpGone why) {
  if (!std::exchange(released_, true)) handler_.on_gone(why);
  lost_ = true;
  end_request();
  shut();
}

// The handler let go without an end: the client must not take what it has for the whole. Where only
// the end of the connection ends the body, a reset says so.
void HttpConnection::break_off() {
  error_code ignored;
  if (response_.closes()) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  end_request();
  shut();
}

// Takes the request back from the handler; the client is told why, if that is still possible.
void HttpConnection::reject(const HttpRefusal& refusal, HttpGone why) {
  if (response_.is_committed()) return lose(why);
  if (!std::exchange(released_, true)) handler_.on_gone(why);
  response_.start(method_, head_.version, Trailers::refused);
  refuse(refusal);
}

void HttpConnection::end_request() {
  HttpOutcome outcome{response_.status(), body_in_, response_.body_bytes(), HttpEnd::complete};
  if (lost_) {
    outcome.end = HttpEnd::client_left;
  } else if (response_.is_broken() || !response_.is_over()) {
    outcome.end = HttpEnd::broken;
  }
  handler_.on_done(outcome);
}

// The request is answered and let go.
void HttpConnection::next() {
  end_request();
  discard_body();
  const bool whole = parsed_ && !bad_body_ && parser_.is_done();
  const bool keep = whole && head_.keep_alive == KeepAlive::yes && !response_.closes();
  if (!keep || draining_) return linger_or_close();
  phase_ = Phase::idle;
  response_.shrink();
  if (out_.body.capacity() > HttpInput::k_kept) std::string().swap(out_.body);
  if (scratch_.capacity() > HttpInput::k_kept) std::string().swap(scratch_);
  for (const auto which : {t_body, t_write, t_probe}) unset(which);
  scan_.reset();
  if (eof_ && input_.size() == 0) return shut();
  set(t_head, settings_.idle_timeout);
}

void HttpConnection::linger_or_close() {
  const bool whole = parsed_ && parser_.is_done() && input_.size() == 0;
  if (whole || eof_) return shut();
  // Closing with unread input would reset the connection and could take the answer with it.
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  phase_ = Phase::lingering;
  for (auto& deadline : deadlines_) deadline = MonotonicTime::max();
  set(t_linger, settings_.linger);
}

void HttpConnection::shut() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  error_code ignored;
  socket_.close(ignored);
  alarm_.cancel();
  soon();
}

// ---- time ----

void HttpConnection::set(Timeout which, std::chrono::milliseconds after) {
  deadlines_[which] = clock_.now() + after;
  // An alarm that is set to an earlier moment looks again then: no system call and no queue per
  // request.
  if (deadlines_[which] < alarm_.at()) arm();
}

void HttpConnection::arm() {
  if (phase_ != Phase::closed) alarm_.set(*std::ranges::min_element(deadlines_));
}

void HttpConnection::on_alarm() {
  const auto now = clock_.now();
  const auto passed = [&](Timeout which) {
    if (deadlines_[which] > now) return false;
    unset(which);
    return true;
  };
  if (passed(t_linger)) return shut();
  if (passed(t_head) && phase_ == Phase::idle) {
    if (input_.size() == 0) return shut();
    return refuse({408, "the request head did not arrive in time"},
                  read_request_line(input_.view()));
  }
  if (passed(t_write)) return lose(HttpGone::left);
  if (passed(t_body))
    return reject({408, "the request body did not arrive in time"}, HttpGone::stalled);
  if (passed(t_probe)) probe();
  arm();
}

// Whether something may be sent that is not the answer: an interim response before its head, a
// filler in a pause of its body.
bool HttpConnection::can_probe() const {
  if (response_.is_committed()) return response_.can_fill_pause();
  return head_.version == HttpVersion::v1_1;
}

// The client sent FIN while it waits for an answer: it half-closed, or it is gone and its kernel
// will say so when something arrives. Where nothing can be sent, it has been quiet for long.
void HttpConnection::probe() {
  if (phase_ != Phase::busy || writing_ || response_.has_ended()) return;
  if (!eof_) {
    if (reading_ || !can_probe() || response_.is_committed()) return;
    // A FIN behind data that nobody reads is not seen by reading. A client that sent none is not
    // probed: some take any interim response that they did not ask for as the answer.
    pollfd state{socket_.native_handle(), POLLRDHUP, 0};
    if (::poll(&state, 1, 0) == 0) return set(t_probe, settings_.probe_after);
  }
  if (!can_probe()) return mark_lost();
  const auto sent = response_.is_committed() ? response_.take_filler()
                                             : std::string_view("HTTP/1.1 102 Processing\r\n\r\n");
  error_code ec;
  const auto size = socket_.write_some(asio::buffer(sent), ec);
  // With the kernel full of what was sent before, that is the probe.
  if (ec != asio::error::would_block && (ec || size != sent.size())) return mark_lost();
  watch();
  if (can_probe()) set(t_probe, settings_.probe_again);
}

// What has just been sent to a client that closed its half is a probe as good as any.
void HttpConnection::expect_more() {
  if (!eof_ || response_.has_ended()) return;
  set(t_probe, can_probe() ? settings_.probe_after : settings_.probe_again);
}

// A reset is noticed even when nothing is read.
void HttpConnection::watch() {
  if (std::exchange(watching_, true)) return;
  ++pending_;
  socket_.async_wait(Socket::wait_error, [this](const error_code& ec) {
    --pending_;
    watching_ = false;
    if (phase_ == Phase::closed) return soon();
    if (ec) return;
    asio::detail::socket_option::integer<SOL_SOCKET, SO_ERROR> state;
    error_code failed;
    socket_.get_option(state, failed);
    if ((failed || state.value() != 0) && phase_ == Phase::busy) mark_lost();
  });
}

}  // namespace weft::net
