#include "net/redis/reply.h"

#include <gtest/gtest.h>

#include <string>

#include "net/redis/command.h"

namespace weft::net::redis {
namespace {

// As a list reads when it is written down.
std::string shown(const Reply& reply) {
  switch (reply.kind()) {
    case Kind::nothing:
      return "_";
    case Kind::integer:
    case Kind::boolean:
      return std::to_string(reply.integer());
    case Kind::list:
    case Kind::push: {
      std::string made = reply.is(Kind::push) ? ">(" : "(";
      reply.each([&](const Reply& one) { made += shown(one) + " "; });
      return made + ")";
    }
    case Kind::error:
      return "!" + std::string(reply.text());
    case Kind::too_large:
    case Kind::text:
    case Kind::status:
    case Kind::real:
      return std::string(reply.text());
  }
  return {};
}

// What comes of these bytes, `piece` at a time.
std::vector<std::string> replies(std::string_view bytes, std::size_t piece) {
  ReplyReader reader(1000);
  std::vector<std::string> made;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (auto fed = reader.feed(bytes.substr(0, piece)); !fed) return {fed.error().message};
    for (;;) {
      const auto next = reader.next();
      if (!next) return {next.error().message};
      if (!*next) break;
      made.push_back(shown(**next));
    }
  }
  return made;
}

TEST(ReplyReader, reads_every_kind_of_value_of_both_protocols) {
  const std::string_view bytes =
      "+OK\r\n-ERR "
      "bad\r\n:-7\r\n$5\r\na\r\nbc\r\n$-1\r\n*-1\r\n_\r\n#t\r\n,1.5\r\n(123\r\n=5\r\ntxt:x\r\n"
      "*2\r\n$0\r\n\r\n*2\r\n:1\r\n:2\r\n%1\r\n+k\r\n~1\r\n:3\r\n>2\r\n+a\r\n:1\r\n*0\r\n";
  const std::vector<std::string> expected = {"OK", "!ERR bad",   "-7",        "a\r\nbc", "_",
                                             "_",  "_",          "1",         "1.5",     "123",
                                             "x",  "( (1 2 ) )", "(k (3 ) )", ">(a 1 )", "()"};

  for (const std::size_t piece : {1u, 2u, 7u, 1000u})
    EXPECT_EQ(replies(bytes, piece), expected) << piece;
}

TEST(ReplyReader, finds_a_value_of_a_list_behind_lists) {
  ReplyReader reader(1000);
  ASSERT_TRUE(reader.feed(std::string_view("*3\r\n*2\r\n:1\r\n*1\r\n:2\r\n+b\r\n:9\r\n")));
  const auto reply = reader.next();

  EXPECT_EQ((*reply)->at(1).text(), "b");
  EXPECT_EQ((*reply)->at(2).integer(), 9);
  EXPECT_EQ((*reply)->at(0).at(1).at(0).integer(), 2);
}

TEST(ReplyReader, refuses_what_is_not_the_protocol) {
  EXPECT_NE(replies("HTTP/1.1 400 Bad Request\r\n", 1000)[0].find("Protocol error"),
            std::string::npos);
}

TEST(ReplyReader, passes_over_what_is_too_large_and_reads_what_comes_after_it) {
  const std::string refused = "a reply has more than 1000 bytes, the most that is taken";
  const std::string text = "$2000\r\n" + std::string(2000, 'x') + "\r\n";
  std::string numbers = "*500\r\n";
  for (int i = 0; i < 500; ++i) numbers += ":1\r\n";
  const std::string deep = "*3\r\n%1\r\n+k\r\n*2\r\n" + text + ":1\r\n" + "*-1\r\n~1\r\n" + text;

  for (const auto& large : {text, numbers, deep}) {
    for (const std::size_t piece : {1u, 7u, 100u}) {
      EXPECT_EQ(replies(":1\r\n" + large + ":2\r\n" + large + "+three\r\n", piece),
                (std::vector<std::string>{"1", refused, "2", refused, "three"}))
          << piece;
    }
  }
}

TEST(Commands, are_arrays_of_words_that_may_come_in_pieces) {
  std::string out;
  Commands commands(out);

  commands.whole("SET", "k\r\n", -5).command(2).word("GET").word({"a:", "", "b"});

  EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$2\r\n-5\r\n*2\r\n$3\r\nGET\r\n$3\r\na:b\r\n");
  EXPECT_EQ(commands.count(), 2u);
}

}  // namespace
}  // namespace weft::net::redis
