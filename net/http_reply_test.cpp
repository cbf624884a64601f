#include "net/http_reply.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::net {
namespace {

using Kind = ReplyFault::Kind;

// A whole response in pieces of `step` bytes: "200 body trailers", or why not.
std::string read(std::string_view bytes, std::size_t step, Method method = Method::other,
                 HttpLimits limits = {}) {
  HttpReplyReader reader(limits);
  HttpReplyHead head;
  std::string input, text;
  bool has_head = false;
  for (std::size_t at = 0; at < bytes.size() || has_head;) {
    if (at < bytes.size()) input += bytes.substr(at, step);
    const bool last = at >= bytes.size();
    at += step;
    if (!has_head) {
      const auto size = reader.read_head(input, method, head);
      if (!size) return std::string(size.error().why);
      if (*size == 0) continue;
      text = std::to_string(head.status) + " ";
      has_head = true;
      input.erase(0, *size);
    }
    std::size_t consumed = 1;
    while (consumed > 0 && !reader.is_done()) {
      const auto piece = reader.decode(input, 7);
      if (!piece) return std::string(piece.error().why);
      consumed = piece->consumed;
      text += piece->data;
      if (reader.is_done()) {
        for (const auto& field : reader.trailers())
          text += " " + std::string(field.name) + "=" + std::string(field.value);
      }
      input.erase(0, consumed);
    }
    if (reader.is_done()) return text + (input.empty() ? "" : " left");
    if (last) return reader.ends_by_close() ? text + " closed" : text + " cut";
  }
  return "no head";
}

std::string read(std::string_view bytes, Method method = Method::other, HttpLimits limits = {}) {
  const auto whole = read(bytes, bytes.size(), method, limits);
  EXPECT_EQ(read(bytes, 1, method, limits), whole);
  return whole;
}

TEST(HttpReplyReader, reads_every_framing_in_any_pieces) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"), "200 hello");
  EXPECT_EQ(read("HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n"), "200 ");
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\n\r\nto the end"), "200 to the end closed");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "5;a=b\r\nhello\r\n0a\r\n, HTTP/1.1\r\n0\r\nsum: 42\r\n\r\n"),
            "200 hello, HTTP/1.1 sum=42");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "200 ");
}

TEST(HttpReplyReader, knows_responses_without_a_body) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", Method::head), "200 ");
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n"), "204 ");
  EXPECT_EQ(read("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n"), "304 ");
  EXPECT_EQ(read("HTTP/1.1 103 Early Hints\r\n\r\n"), "103 ");
}

TEST(HttpReplyReader, tells_a_body_that_was_cut) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell"), "200 hell cut");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            "200 hello cut");
}

TEST(HttpReplyReader, refuses_what_two_readers_could_take_for_two_lengths) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello"),
            "there is more than one Content-Length");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello"),
            "there is more than one Content-Length");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\nhello"),
            "Content-Length is not a number");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello"),
            "Content-Length is not a number");
  EXPECT_EQ(
      read("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
      "it has both Content-Length and Transfer-Encoding");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
            "its Transfer-Encoding is not chunked");
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
            "HTTP/1.0 has no Transfer-Encoding");
}

TEST(HttpReplyReader, refuses_malformed_heads) {
  EXPECT_EQ(read("SSH-2.0-OpenSSH\r\n\r\n"), "this is not HTTP/1.1");
  EXPECT_EQ(read("HTTP/1.2 200 OK\r\n\r\n"), "its status line is malformed");
  EXPECT_EQ(read("HTTP/1.1 20 OK\r\n\r\n"), "its status line is malformed");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\na : b\r\n\r\n"),
            "a header is malformed or folded over several lines");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n"),
            "a header is malformed or folded over several lines");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\na: b\nc: d\r\n\r\n"), "a line does not end in CR LF");
  EXPECT_EQ(read(std::string_view("HTTP/1.1 200 OK\r\na: \0\r\n\r\n", 25)),
            "a header has a value with control characters");
}

TEST(HttpReplyReader, refuses_malformed_chunks) {
  const auto chunked = [](std::string_view body) {
    return read("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + std::string(body));
  };
  EXPECT_EQ(chunked("x\r\n"), "a chunk size is malformed");
  EXPECT_EQ(chunked("-1\r\n"), "a chunk size is malformed");
  EXPECT_EQ(chunked("5\nhello"), "a chunk size does not end in CR LF");
  EXPECT_EQ(chunked("1234567890123456\r\n"), "a chunk size is malformed");
  EXPECT_EQ(chunked("3\r\nhello"), "a chunk is longer than its size says");
  EXPECT_EQ(chunked(std::string(400, '1')), "a chunk size is too long");
}

TEST(HttpReplyReader, holds_heads_and_trailers_to_their_limits) {
  const HttpLimits few{.header_count = 2, .header_bytes = 100};
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n", Method::other, few),
            "too many headers");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\na: " + std::string(100, 'x'), Method::other, few),
            "its head is too large");
  EXPECT_EQ(
      read("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\na: " + std::string(200, 'x'),
           Method::other, few),
      "its trailers are too large");
}

}  // namespace
}  // namespace weft::net
