#include "net/nats/jetstream.h"

#include <sodium.h>

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace weft::net::nats {
namespace {

using nlohmann::json;

std::int64_t nanoseconds(std::chrono::milliseconds time) {
  return std::chrono::nanoseconds(time).count();
}

std::unexpected<ApiError> api_error(int code, int error, std::string text) {
  return std::unexpected(ApiError{code, error, std::move(text)});
}

template <class T>
T get(const json& all, std::string_view key, T otherwise) {
  const auto found = all.find(key);
  if (found == all.end()) return otherwise;
  if constexpr (std::is_same_v<T, bool>) {
    return found->is_boolean() ? found->template get<bool>() : otherwise;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return found->is_number_integer() ? found->template get<T>() : otherwise;
  } else {
    return found->is_string() ? found->template get<T>() : otherwise;
  }
}

json part(const json& all, std::string_view key) {
  const auto found = all.find(key);
  return found != all.end() && found->is_object() ? *found : json::object();
}

// The answer as an object, unless it is an error.
Api<json> read(const Message& answer) {
  if (answer.no_responders()) return api_error(503, 0, "nobody answers");
  auto all = json::parse(answer.payload, nullptr, false);
  if (!all.is_object()) return api_error(0, 0, "the answer is no JSON object");
  if (!all.contains("error")) return all;
  const auto error = part(all, "error");
  return api_error(get(error, "code", 0), get(error, "err_code", 0),
                   get(error, "description", std::string("it does not say why")));
}

std::optional<std::string> unbase64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  const int failed =
      sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (failed != 0) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Of DIRECT.GET: the message itself, and what is known of it in headers.
Api<Stored> read_direct(const Message& answer, std::string_view subject) {
  const auto sequence = whole_number(answer.headers.find("Nats-Sequence").value_or(""));
  if (!sequence) return api_error(0, 0, "the answer has no sequence");
  HeaderBlock block;
  answer.headers.each([&](std::string_view name, std::string_view value) {
    (void)block.add(name, value);  // it was one already
  });
  return Stored{.sequence = *sequence,
                .subject = std::string(subject),
                .header_block = std::string(block.text()),
                .payload = std::string(answer.payload)};
}

}  // namespace

std::string api_prefix(std::string_view domain) {
  return domain.empty() ? "$JS.API." : "$JS." + std::string(domain) + ".API.";
}

std::string write_stream(const StreamConfig& config) {
  return json{{"name", config.name},
              {"subjects", json::array({config.subjects})},
              {"retention", "limits"},
              {"storage", "file"},
              {"max_consumers", -1},
              {"max_msgs", -1},
              {"max_bytes", -1},
              {"max_age", 0},
              {"max_msg_size", -1},
              {"max_msgs_per_subject", config.messages_per_subject},
              {"num_replicas", config.replicas},
              {"allow_direct", config.allow_direct},
              {"allow_rollup_hdrs", config.allow_rollup},
              {"deny_delete", config.deny_delete},
              {"discard", config.discard_new ? "new" : "old"}}
      .dump();
}

Api<StreamInfo> read_stream(const Message& answer) {
  const auto all = read(answer);
  if (!all) return std::unexpected(all.error());
  const auto config = part(*all, "config");
  const auto state = part(*all, "state");
  StreamInfo made;
  made.config.name = get(config, "name", std::string());
  made.config.messages_per_subject = get(config, "max_msgs_per_subject", std::int64_t{-1});
  made.config.replicas = get(config, "num_replicas", 1);
  made.config.allow_direct = get(config, "allow_direct", false);
  made.config.allow_rollup = get(config, "allow_rollup_hdrs", false);
  made.messages = get(state, "messages", std::uint64_t{0});
  made.last_sequence = get(state, "last_seq", std::uint64_t{0});
  return made;
}

Api<Published> read_published(const Message& answer) {
  const auto all = read(answer);
  if (!all) return std::unexpected(all.error());
  const auto sequence = get(*all, "seq", std::uint64_t{0});
  if (sequence == 0) return api_error(0, 0, "the answer has no sequence");
  return Published{sequence, get(*all, "stream", std::string())};
}

Headers Stored::headers() const {
  return header_block.empty() ? Headers() : Headers::parse(header_block).value_or(Headers());
}

Api<Stored> read_stored(const Message& answer) {
  if (answer.headers.status() == 404) return api_error(404, k_no_message, "no message found");
  if (answer.headers.status() != 0 && !answer.no_responders())
    return api_error(answer.headers.status(), 0, std::string(answer.headers.description()));
  if (const auto subject = answer.headers.find("Nats-Subject"))
    return read_direct(answer, *subject);
  const auto all = read(answer);
  if (!all) return std::unexpected(all.error());
  const auto message = part(*all, "message");
  auto payload = unbase64(get(message, "data", std::string()));
  auto block = unbase64(get(message, "hdrs", std::string()));
  const auto sequence = get(message, "seq", std::uint64_t{0});
  if (sequence == 0 || !payload || !block || (!block->empty() && !Headers::parse(*block)))
    return api_error(0, 0, "the answer is no message");
  return Stored{.sequence = sequence,
                .subject = get(message, "subject", std::string()),
                .header_block = *std::move(block),
                .payload = *std::move(payload)};
}

std::string write_last_of_subject(std::string_view subject) {
  return json{{"last_by_subj", std::string(subject)}}.dump();
}

std::string write_consumer(const ConsumerConfig& config) {
  json made = {{"ack_policy", config.acknowledged ? "explicit" : "none"},
               {"replay_policy", "instant"},
               {"headers_only", config.headers_only}};
  switch (config.deliver) {
    case Deliver::all:
      made["deliver_policy"] = "all";
      break;
    case Deliver::last_of_each_subject:
      made["deliver_policy"] = "last_per_subject";
      break;
    case Deliver::from_now_on:
      made["deliver_policy"] = "new";
      break;
  }
  if (!config.durable.empty()) made["durable_name"] = config.durable;
  if (!config.filter.empty()) made["filter_subject"] = config.filter;
  if (config.inactive.count() != 0) made["inactive_threshold"] = nanoseconds(config.inactive);
  if (config.ack_wait.count() != 0) made["ack_wait"] = nanoseconds(config.ack_wait);
  if (config.deliveries != 0) made["max_deliver"] = config.deliveries;
  if (config.pending != 0) made["max_ack_pending"] = config.pending;
  if (config.durable.empty()) made["mem_storage"] = true;
  return json{{"stream_name", config.stream}, {"config", std::move(made)}}.dump();
}

Api<ConsumerInfo> read_consumer(const Message& answer) {
  const auto all = read(answer);
  if (!all) return std::unexpected(all.error());
  return ConsumerInfo{get(*all, "name", std::string()), get(*all, "num_pending", std::uint64_t{0})};
}

std::string write_next(int batch, std::optional<std::chrono::milliseconds> wait) {
  json made = {{"batch", batch}};
  if (wait) {
    made["expires"] = nanoseconds(*wait);
  } else {
    made["no_wait"] = true;
  }
  return made.dump();
}

// $JS.ACK.STREAM.CONSUMER.TIMES.SEQUENCE.SEQUENCE-OF-CONSUMER.TIME.PENDING, and since 2.9 perhaps
// $JS.ACK.DOMAIN.ACCOUNT.STREAM. and so on, with a random word at the end.
std::optional<Delivery> read_delivery(std::string_view reply) {
  std::array<std::string_view, 12> words;
  std::size_t count = 0;
  for (auto rest = reply; count < words.size();) {
    const auto dot = rest.find('.');
    words[count++] = rest.substr(0, dot);
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (count < 9 || count == 10 || words[0] != "$JS" || words[1] != "ACK") return std::nullopt;
  const std::size_t first = count == 9 ? 2 : 4;
  const auto times = whole_number(words[first + 2]);
  const auto sequence = whole_number(words[first + 3]);
  const auto pending = whole_number(words[first + 6]);
  if (!times || !sequence || !pending) return std::nullopt;
  return Delivery{words[first], words[first + 1], *times, *sequence, *pending};
}

}  // namespace weft::net::nats
