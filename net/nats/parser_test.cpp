#include "net/nats/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/nats/command.h"
#include "net/nats/jetstream.h"

namespace weft::net::nats {
namespace {

std::string written_down(const Incoming& one) {
  switch (one.kind) {
    case Incoming::Kind::info:
      return "info " + std::string(one.text);
    case Incoming::Kind::error:
      return "error " + std::string(one.text);
    case Incoming::Kind::ping:
      return "ping";
    case Incoming::Kind::pong:
      return "pong";
    case Incoming::Kind::ok:
      return "ok";
    case Incoming::Kind::message:
      break;
  }
  std::string made = std::to_string(one.subscription) + " " + std::string(one.message.subject) +
                     ">" + std::string(one.message.reply) + "=" + std::string(one.message.payload);
  if (one.message.headers.status() != 0)
    made += " status " + std::to_string(one.message.headers.status());
  one.message.headers.each([&](std::string_view name, std::string_view value) {
    made += " " + std::string(name) + ":" + std::string(value);
  });
  return made;
}

// What comes of these bytes, `piece` at a time.
std::vector<std::string> understood(std::string_view bytes, std::size_t piece) {
  Parser parser(1000);
  std::vector<std::string> made;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    parser.feed(bytes.substr(0, piece));
    for (;;) {
      const auto next = parser.next();
      if (!next) return {next.error().message};
      if (!*next) break;
      made.push_back(written_down(**next));
    }
  }
  return made;
}

TEST(NatsParser, reads_everything_that_servers_say_in_pieces_of_any_size) {
  const std::string_view bytes =
      "INFO {\"a\":1} \r\nPING\r\npong\r\n+OK\r\n-ERR 'Stale Connection'\r\n"
      "MSG a.b 7 5\r\nhe\r\no\r\nMSG a 8 _INBOX.1 0\r\n\r\n"
      "HMSG h 9 32 34\r\nNATS/1.0\r\nA: 1 \r\nB:two:three\r\n\r\nxy\r\n"
      "HMSG h 9 r 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"
      "HMSG h 9 28 28\r\nNATS/1.0 404 No Messages\r\n\r\n\r\n";
  const std::vector<std::string> expected = {"info {\"a\":1} ",
                                             "ping",
                                             "pong",
                                             "ok",
                                             "error 'Stale Connection'",
                                             "7 a.b>=he\r\no",
                                             "8 a>_INBOX.1=",
                                             "9 h>=xy A:1 B:two:three",
                                             "9 h>r= status 503",
                                             "9 h>= status 404"};

  for (const std::size_t piece : {1u, 2u, 7u, 1000u})
    EXPECT_EQ(understood(bytes, piece), expected) << piece;
}

TEST(NatsParser, refuses_what_is_not_the_protocol_and_what_is_too_large) {
  for (const auto* wrong : {"HTTP/1.1 400 Bad Request\r\n", "MSG a 1\r\n", "MSG a b 1\r\nx\r\n",
                            "MSG a 1 -1\r\n", "MSG a 1 1\r\nxyz", "HMSG a 1 5 4\r\nNATS\r\n",
                            "HMSG a 1 4 4\r\nNATS\r\n", "MSG a 1 r s t 1\r\nx\r\n"}) {
    EXPECT_TRUE(understood(wrong, 1000).front().starts_with("this is not the protocol of NATS"))
        << wrong;
  }
  EXPECT_EQ(understood("MSG a 1 1001\r\n", 1000)[0],
            "a message has 1001 bytes, the most that is taken is 1000");
  EXPECT_EQ(understood(std::string(300'000, 'x'), 5000).size(), 1u);
}

TEST(NatsMessage, knows_subjects_from_patterns_and_from_neither) {
  for (const auto* good : {"a", "a.b", "$JS.API.INFO", "\xc3\xa4.b*"})
    EXPECT_TRUE(is_subject(good));
  for (const auto* bad : {"", ".", "a.", ".a", "a..b", "a b", "a\r\nPUB b", "*", "a.>", "a.*.b"})
    EXPECT_FALSE(is_subject(bad)) << bad;
  for (const auto* good : {"a", "a.*", "*.b", "a.>", ">"}) EXPECT_TRUE(is_pattern(good));
  for (const auto* bad : {"a.>.b", "a. b", ""}) EXPECT_FALSE(is_pattern(bad)) << bad;
  EXPECT_FALSE(is_subject(std::string(k_subject_bytes + 1, 'a')));
}

TEST(NatsMessage, takes_no_header_that_would_be_two) {
  HeaderBlock block;

  EXPECT_FALSE(block.add("A", "1\r\nB: 2"));
  EXPECT_FALSE(block.add("A:", "1"));
  EXPECT_FALSE(block.add("", "1"));
  EXPECT_EQ(block.text(), "");
  EXPECT_TRUE(block.add("A", "1"));
  EXPECT_TRUE(block.add("B", ""));
  EXPECT_EQ(block.text(), "NATS/1.0\r\nA: 1\r\nB: \r\n\r\n");
  EXPECT_EQ(Headers::parse(block.text())->find("B"), "");
  EXPECT_EQ(Headers::parse(block.text())->find("a"), std::nullopt);
}

TEST(NatsCommands, say_how_many_bytes_follow) {
  std::string out;

  write_publish(out, {.subject = "a", .payload = "xyz"}, "r");
  write_publish(out, {.subject = "b", .headers = "NATS/1.0\r\nA: 1\r\n\r\n", .payload = "xy"}, "");
  write_subscribe(out, "a.*", "q", 5);
  write_unsubscribe(out, 5);

  EXPECT_EQ(out,
            "PUB a r 3\r\nxyz\r\nHPUB b 18 20\r\nNATS/1.0\r\nA: 1\r\n\r\nxy\r\nSUB a.* q 5\r\n"
            "UNSUB 5\r\n");
}

TEST(JetStream, tells_of_a_delivery_in_the_subject_of_its_answer) {
  const auto old = read_delivery("$JS.ACK.S.C.2.10.3.1700000000.5");
  const auto newer = read_delivery("$JS.ACK.hub.ACC.S.C.2.10.3.1700000000.5.xyz");

  for (const auto& one : {old, newer}) {
    ASSERT_TRUE(one);
    EXPECT_EQ(one->stream, "S");
    EXPECT_EQ(one->consumer, "C");
    EXPECT_EQ(one->times, 2u);
    EXPECT_EQ(one->stream_sequence, 10u);
    EXPECT_EQ(one->pending, 5u);
  }
  EXPECT_FALSE(read_delivery("_INBOX.1"));
  EXPECT_FALSE(read_delivery("$JS.ACK.S.C.x.10.3.1700000000.5"));
}

}  // namespace
}  // namespace weft::net::nats
