// Arbitrary bytes as what a NATS server says: no crash, and the same is understood however it
// arrives.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/nats/info.h"
#include "net/nats/jetstream.h"
#include "net/nats/parser.h"

namespace {

namespace nats = weft::net::nats;

std::string told(const nats::Incoming& one) {
  std::string text = std::to_string(static_cast<int>(one.kind)) + std::string(one.text);
  if (one.kind == nats::Incoming::Kind::info) {
    if (const auto info = nats::Info::parse(one.text)) text += info->name;
  }
  if (one.kind != nats::Incoming::Kind::message) return text;
  const auto& message = one.message;
  text.append(message.subject).append(message.reply).append(message.payload);
  text += std::to_string(message.headers.status());
  message.headers.each([&](std::string_view name, std::string_view value) {
    text.append(name).append("=").append(value);
  });
  if (const auto stored = nats::read_stored(message)) text += stored->payload;
  if (const auto stream = nats::read_stream(message)) text += stream->config.name;
  if (const auto published = nats::read_published(message)) text += published->stream;
  if (const auto delivery = nats::read_delivery(message.reply)) text += delivery->consumer;
  return text;
}

std::string understood(std::string_view bytes, std::size_t step) {
  nats::Parser parser(1000);
  std::string text;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    parser.feed(piece);
    for (;;) {
      const auto next = parser.next();
      if (!next) return text + "!";
      if (!*next) break;
      text += told(**next) + "\n";
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (understood(bytes, std::max<std::size_t>(bytes.size(), 1)) != understood(bytes, 1))
    std::abort();
  return 0;
}
