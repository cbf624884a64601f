#include "net/http_parser.h"

#include <gtest/gtest.h>

#include "net/http_scan.h"

namespace weft::net {
namespace {

using namespace std::string_literals;

struct Read {
  int status = 200;  // 0: more bytes wanted
  HttpHead head;
  std::string body;
  std::vector<std::pair<std::string, std::string>> trailers;
};

// Reads one request that is given whole; views of `head` are those of `text`.
Read read(std::string_view text, HttpLimits limits = {}) {
  Read result;
  HttpHeadScan scan;
  HttpParser parser(limits);
  const auto size = scan.feed(text, limits);
  if (!size) return {.status = size.error().status, .head = {}, .body = {}, .trailers = {}};
  if (*size == 0) return {.status = 0, .head = {}, .body = {}, .trailers = {}};
  if (const auto refused = parser.parse_head(text.substr(0, *size), result.head)) {
    result.status = refused->status;
    return result;
  }
  text.remove_prefix(*size);
  while (!parser.is_done()) {
    const auto piece = parser.decode(text, 1 << 20);
    if (!piece) {
      result.status = piece.error().status;
      return result;
    }
    if (piece->consumed == 0 && piece->data.empty() && !parser.is_done()) {
      result.status = 0;
      return result;
    }
    result.body += piece->data;
    text.remove_prefix(piece->consumed);
  }
  for (const auto& field : parser.trailers()) result.trailers.emplace_back(field.name, field.value);
  return result;
}

std::string get(std::string_view headers) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}
std::string chunked(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
}

TEST(HttpParser, reads_a_request) {
  const auto text =
      "POST /a?b=c HTTP/1.1\r\nHost: x.example:80\r\nContent-Length: 3\r\nTE: trailers, gzip;q=0\r\n\r\nabc"s;

  const auto request = read(text);

  ASSERT_EQ(request.status, 200);
  EXPECT_EQ(request.head.method, "POST");
  EXPECT_EQ(request.head.target, "/a?b=c");
  EXPECT_EQ(request.head.authority, "x.example:80");
  EXPECT_EQ(request.head.length, 3u);
  EXPECT_EQ(request.head.trailers, Trailers::wanted);
  EXPECT_EQ(request.head.keep_alive, KeepAlive::yes);
  EXPECT_EQ(request.body, "abc");
}

TEST(HttpParser, reads_chunks_and_trailers) {
  const auto request =
      read(chunked("3\r\nabc\r\n0003;name=\"value\"\r\ndef\r\n0\r\nX-Sum: 6\r\n\r\n"));

  ASSERT_EQ(request.status, 200);
  EXPECT_EQ(request.body, "abcdef");
  ASSERT_EQ(request.trailers.size(), 1u);
  EXPECT_EQ(request.trailers[0].second, "6");
}

// The body of `whole`, of which one more byte is known whenever nothing more can be done.
std::string read_slowly(const std::string& whole) {
  HttpLimits limits;
  HttpHeadScan scan;
  HttpParser parser(limits);
  HttpHead head;
  std::size_t size = 0, known = 0;
  while (size == 0) size = *scan.feed(std::string_view(whole).substr(0, ++known), limits);
  EXPECT_EQ(size, known);
  EXPECT_FALSE(parser.parse_head(std::string_view(whole).substr(0, size), head));
  std::string body;
  while (!parser.is_done()) {
    if (known > whole.size()) return "the end was not seen";
    const auto piece = parser.decode(std::string_view(whole).substr(size, known - size), 2);
    if (!piece) return std::string(piece.error().why);
    body += piece->data;
    size += piece->consumed;
    if (piece->data.empty()) ++known;
  }
  EXPECT_EQ(size, whole.size());
  return body;
}

TEST(HttpParser, reads_chunks_that_arrive_byte_by_byte) {
  EXPECT_EQ(read_slowly(chunked("0\r\n\r\n")), "");
  EXPECT_EQ(read_slowly(chunked("3\r\nabc\r\n0\r\n\r\n")), "abc");
  EXPECT_EQ(read_slowly(chunked("3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: 1\r\n\r\n")),
            "abc0123456789");
}

TEST(RequestLine, is_told_as_far_as_it_arrived) {
  const auto whole = read_request_line("GET /a b HTTP/1.1\r\nHost: a\r\n");
  EXPECT_EQ(whole.method, "GET");
  EXPECT_EQ(whole.target, "/a b");
  EXPECT_EQ(whole.version, "HTTP/1.1");
  const auto half = read_request_line("GET /a");
  EXPECT_EQ(half.target, "/a");
  EXPECT_EQ(half.version, "");
  EXPECT_EQ(read_request_line("\x16\x03\x01 \r\n").method, "");
  EXPECT_EQ(read_request_line("GET").method, "");
  EXPECT_EQ(read_request_line("").method, "");
}

TEST(HttpParser, takes_the_host_of_an_absolute_target_instead_of_the_header) {
  const auto text = "GET http://b.example:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n"s;
  const auto request = read(text);

  ASSERT_EQ(request.status, 200);
  EXPECT_EQ(request.head.authority, "b.example:81");
  EXPECT_EQ(request.head.target, "/x?y");
  EXPECT_EQ(request.head.fields[0].value, "b.example:81");
}

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

class Smuggling : public testing::TestWithParam<Case> {};

TEST_P(Smuggling, is_refused) { EXPECT_EQ(read(GetParam().bytes).status, GetParam().status); }

const Case k_heads[] = {
    {"equal_lengths", get("Content-Length: 3\r\nContent-Length: 3\r\n"), 400},
    {"conflicting_lengths", get("Content-Length: 3\r\nContent-Length: 4\r\n"), 400},
    {"list_of_lengths", get("Content-Length: 3, 3\r\n"), 400},
    {"empty_length", get("Content-Length:\r\n"), 400},
    {"signed_length", get("Content-Length: +3\r\n"), 400},
    {"negative_length", get("Content-Length: -1\r\n"), 400},
    {"hexadecimal_length", get("Content-Length: 0x3\r\n"), 400},
    {"huge_length", get("Content-Length: 99999999999999999999\r\n"), 400},
    {"length_then_coding", get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"coding_then_length", get("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
    {"unknown_coding_and_length", get("Transfer-Encoding: gzip\r\nContent-Length: 3\r\n"), 501},
    {"length_and_unknown_coding", get("Content-Length: 3\r\nTransfer-Encoding: xchunked\r\n"), 400},
    {"unknown_coding", get("Transfer-Encoding: gzip\r\n"), 501},
    {"coding_list", get("Transfer-Encoding: gzip, chunked\r\n"), 501},
    {"coding_not_last", get("Transfer-Encoding: chunked, gzip\r\n"), 501},
    {"coding_twice", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"coding_chunked_chunked", get("Transfer-Encoding: chunked, chunked\r\n"), 501},
    {"coding_identity", get("Transfer-Encoding: identity\r\n"), 501},
    {"coding_with_vertical_tab", get("Transfer-Encoding: \vchunked\r\n"), 400},
    {"coding_quoted", get("Transfer-Encoding: \"chunked\"\r\n"), 501},
    {"coding_in_http_1_0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"bare_lf_in_request_line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
    {"bare_lf_after_header", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
    {"bare_lf_at_end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
    {"bare_cr_in_value", get("X: a\rb\r\n"), 400},
    {"two_cr", get("X: a\r\r\n"), 400},
    {"folded", get("X: a\r\n b\r\n"), 400},
    {"folded_by_tab", get("X: a\r\n\tb\r\n"), 400},
    {"folded_empty_value", get("X:\r\n b\r\n"), 400},
    {"space_before_first_header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"space_before_colon", get("X : a\r\n"), 400},
    {"tab_before_colon", get("Content-Length\t: 3\r\n"), 400},
    {"empty_name", get(": a\r\n"), 400},
    {"no_colon", get("X\r\n"), 400},
    {"bad_name", get("X(y): a\r\n"), 400},
    {"high_byte_in_name", get("X\xff: a\r\n"), 400},
    {"nul_in_name", get("X"s + '\0' + ": a\r\n"), 400},
    {"nul_in_value", get("X: a"s + '\0' + "b\r\n"), 400},
    {"escape_in_value", get("X: \x1b[2J\r\n"), 400},
    {"nul_in_target", "GET /"s + '\0' + " HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two_hosts", get("Host: a\r\n"), 400},
    {"two_hosts_in_one", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
    {"empty_host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"host_with_user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
    {"host_with_bad_port", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400},
    {"host_with_space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"host_with_open_bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
    {"no_target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"two_spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"space_in_target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"tab_in_request_line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"space_at_end_of_line", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"relative_target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"star_target", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"high_byte_in_target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"other_scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"absolute_with_user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"absolute_without_host", "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"connect", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501},
    {"http_0_9", "GET /\r\n\r\n", 400},
    {"http_2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"http_1_2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"lower_case_version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"bad_method", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"tls_hello", "\x16\x03\x01\x02\n", 400},
    {"unknown_expectation", get("Expect: 200-maybe\r\n"), 417},
    {"long_target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
    {"endless_target", "GET /" + std::string(9000, 'a'), 414},
    {"large_header", get("X: " + std::string(70000, 'a') + "\r\n"), 431},
    {"endless_header", "GET / HTTP/1.1\r\nX: " + std::string(70000, 'a'), 431},
};

std::string many_headers() {
  std::string headers;
  for (int i = 0; i < 200; ++i) headers += "X: y\r\n";
  return get(headers);
}

const Case k_bodies[] = {
    {"many_headers", many_headers(), 431},
    {"chunk_size_not_a_number", chunked("x\r\n"), 400},
    {"chunk_size_prefixed", chunked("0x3\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk_size_signed", chunked("+3\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk_size_negative", chunked("-3\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk_size_with_space_before", chunked(" 3\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk_size_with_space_behind", chunked("3 \r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk_size_with_underscore", chunked("1_0\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk_size_empty", chunked("\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk_size_huge", chunked("fffffffffffffffff\r\nabc\r\n"), 400},
    {"chunk_size_endless", chunked(std::string(1000, '0')), 400},
    {"chunk_size_ends_in_lf", chunked("3\nabc\r\n0\r\n\r\n"), 400},
    {"chunk_too_long", chunked("3\r\nabcd\r\n0\r\n\r\n"), 400},
    {"chunk_ends_in_lf", chunked("3\r\nabc\n0\r\n\r\n"), 400},
    {"chunk_ends_in_cr", chunked("3\r\nabc\r0\r\n\r\n"), 400},
    {"extension_with_lf", chunked("3;a=\"\n\"\r\nabc\r\n0\r\n\r\n"), 400},
    {"extension_with_nul", chunked("3;a=\""s + '\0' + "\"\r\nabc\r\n0\r\n\r\n"), 400},
    {"extension_bare", chunked("3;\r\nabc\r\n0\r\n\r\n"), 400},
    {"extension_with_bare_lf", chunked("3;\nabc\r\n0\r\n\r\n"), 400},
    {"extension_long", chunked("3;a=" + std::string(300, 'b') + "\r\nabc\r\n0\r\n\r\n"), 400},
    {"trailer_folded", chunked("0\r\nX: a\r\n b\r\n\r\n"), 400},
    {"trailer_without_colon", chunked("0\r\nX\r\n\r\n"), 400},
    {"trailer_length", chunked("0\r\nContent-Length: 3\r\n\r\n"), 400},
    {"trailer_coding", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400},
    {"trailer_host", chunked("0\r\nHost: b\r\n\r\n"), 400},
    {"trailer_endless", chunked("0\r\nX: " + std::string(70000, 'a')), 431},
    {"last_chunk_without_end", chunked("0\r\n"), 0},
};

std::string case_name(const testing::TestParamInfo<Case>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Head, Smuggling, testing::ValuesIn(k_heads), case_name);
INSTANTIATE_TEST_SUITE_P(Body, Smuggling, testing::ValuesIn(k_bodies), case_name);

}  // namespace
}  // namespace weft::net
