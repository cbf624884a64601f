// JetStream, the part of NATS that keeps messages: what is asked of its API and what it answers,
// as text. Sending is the client's.
#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "net/nats/message.h"

namespace weft::net::nats {

// "$JS.API." or, for a domain, "$JS.DOMAIN.API.".
std::string api_prefix(std::string_view domain);

// What JetStream answers instead.
struct ApiError {
  int code = 0;   // as HTTP has them; 503 also when nobody answers: no JetStream, or no stream
  int error = 0;  // of JetStream: the constants below
  std::string text;
};
inline constexpr int k_no_stream = 10059;
inline constexpr int k_no_consumer = 10014;
inline constexpr int k_no_message = 10037;
inline constexpr int k_wrong_last_sequence = 10071;
inline constexpr int k_other_configuration = 10058;  // of a stream that is there already
inline constexpr int k_no_jetstream = 10039;         // not for this account

template <class T = void>
using Api = std::expected<T, ApiError>;

// ---- streams ----

struct StreamConfig {
  std::string name;
  std::string subjects;  // one pattern
  std::int64_t messages_per_subject = -1;
  int replicas = 1;
  bool allow_direct = false;
  bool allow_rollup = false;
  bool deny_delete = false;
  bool discard_new = false;
};
std::string write_stream(const StreamConfig& config);

struct StreamInfo {
  StreamConfig config;
  std::uint64_t messages = 0;
  std::uint64_t last_sequence = 0;
};
Api<StreamInfo> read_stream(const Message& answer);

// Of a message that was published into a stream.
struct Published {
  std::uint64_t sequence = 0;
  std::string stream;
};
Api<Published> read_published(const Message& answer);

// A message of a stream.
struct Stored {
  std::uint64_t sequence = 0;
  std::string subject;
  std::string header_block;
  std::string payload;

  Headers headers() const;
};
// Of STREAM.MSG.GET and of DIRECT.GET. k_no_message when there is none.
Api<Stored> read_stored(const Message& answer);
std::string write_last_of_subject(std::string_view subject);

// ---- consumers ----

enum class Deliver { all, last_of_each_subject, from_now_on };
struct ConsumerConfig {
  std::string stream;
  std::string durable = {};  // empty: it goes away when nobody asks it for so long
  std::chrono::milliseconds inactive{0};
  std::string filter = {};  // empty: all subjects
  Deliver deliver = Deliver::all;
  bool acknowledged = false;
  std::chrono::milliseconds ack_wait{0};
  int deliveries = 0;  // at most; 0: without end
  int pending = 0;     // not acknowledged, at most; 0: the server's own limit
  bool headers_only = false;
};
std::string write_consumer(const ConsumerConfig& config);
struct ConsumerInfo {
  std::string name;
  std::uint64_t pending = 0;  // messages that it will deliver
};
Api<ConsumerInfo> read_consumer(const Message& answer);
// What asks a consumer for messages.
std::string write_next(int batch, std::optional<std::chrono::milliseconds> wait);

// What the reply subject of a message from a consumer tells.
struct Delivery {
  std::string_view stream;
  std::string_view consumer;
  std::uint64_t times = 0;  // this one included
  std::uint64_t stream_sequence = 0;
  std::uint64_t pending = 0;  // left after it
};
std::optional<Delivery> read_delivery(std::string_view reply);

}  // namespace weft::net::nats
