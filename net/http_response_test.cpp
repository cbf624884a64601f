#include "net/http_response.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"

namespace weft::net {
namespace {

constexpr HttpField k_plain{"content-type", "text/plain"};

const ManualClock k_clock(WallTime(std::chrono::sys_days(std::chrono::January / 2 / 2026)));

HttpResponse started(Method method = Method::other, HttpVersion version = HttpVersion::v1_1,
                     Trailers trailers = Trailers::refused) {
  HttpResponse response(k_clock);
  response.start(method, version, trailers);
  return response;
}

std::string taken(HttpResponse& response) {
  std::string all;
  HttpFrame frame;
  while (response.take(frame, Closing::no)) all += frame.prefix + frame.body + frame.suffix;
  const auto date = all.find("date: ");
  if (date != all.npos) all.erase(date, all.find("\r\n", date) + 2 - date);
  return all;
}

TEST(HttpResponse, gets_a_length_when_it_ended_before_it_was_sent) {
  auto response = started();

  (void)response.head(200, {{k_plain}});
  response.body("hello");
  response.end({});

  EXPECT_EQ(taken(response),
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello");
  EXPECT_TRUE(response.is_over());
}

TEST(HttpResponse, is_dated_by_its_clock_to_the_second) {
  ManualClock clock(WallTime(std::chrono::sys_days(std::chrono::January / 2 / 2026)));
  const auto dated = [&clock](std::chrono::milliseconds later) {
    clock.advance(later);
    HttpResponse response(clock);
    response.start(Method::other, HttpVersion::v1_1, Trailers::refused);
    (void)response.head(204, {});
    response.end({});
    HttpFrame frame;
    EXPECT_TRUE(response.take(frame, Closing::no));
    return frame.prefix;
  };

  const auto first = dated(std::chrono::milliseconds(0));
  const auto same = dated(std::chrono::milliseconds(999));
  const auto next = dated(std::chrono::milliseconds(1));

  EXPECT_EQ(first, "HTTP/1.1 204 No Content\r\ndate: Fri, 02 Jan 2026 00:00:00 GMT\r\n\r\n");
  EXPECT_EQ(same, first);
  EXPECT_EQ(next, "HTTP/1.1 204 No Content\r\ndate: Fri, 02 Jan 2026 00:00:01 GMT\r\n\r\n");
}

TEST(HttpResponse, is_chunked_when_it_is_sent_before_it_ended) {
  auto response = started();
  (void)response.head(200, {});
  response.body("hello");
  auto sent = taken(response);

  response.body("again");
  response.end({});
  sent += taken(response);

  EXPECT_EQ(
      sent,
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nagain\r\n0\r\n\r\n");
}

TEST(HttpResponse, carries_trailers_only_to_a_client_that_wants_them) {
  const HttpField sum{"x-sum", "5"};
  auto wanted = started(Method::other, HttpVersion::v1_1, Trailers::wanted);
  auto refused = started();
  for (auto* response : {&wanted, &refused}) {
    (void)response->head(200, {});
    response->body("hello");
    response->end({{sum}});
  }

  EXPECT_EQ(
      taken(wanted),
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n");
  EXPECT_EQ(taken(refused), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
}

TEST(HttpResponse, carries_no_trailer_that_frames_routes_or_authorizes) {
  auto response = started(Method::other, HttpVersion::v1_1, Trailers::wanted);
  const HttpField trailers[] = {{"Content-Length", "1"},
                                {"transfer-encoding", "chunked"},
                                {"trailer", "x"},
                                {"Host", "a"},
                                {"content-type", "text/html"},
                                {"content-encoding", "gzip"},
                                {"content-range", "1"},
                                {"authorization", "a"},
                                {"Set-Cookie", "a=b"},
                                {"te", "trailers"},
                                {"connection", "close"},
                                {"keep-alive", "5"},
                                {"proxy-connection", "a"},
                                {"x-sum", "5"}};
  (void)response.head(200, {});
  response.end(trailers);

  EXPECT_EQ(taken(response),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-sum: 5\r\n\r\n");
}

TEST(HttpResponse, can_be_filled_in_the_pauses_of_its_chunks_without_changing_them) {
  auto response = started();
  (void)response.head(200, {});
  response.body("some");
  (void)taken(response);

  std::string sent;
  while (response.can_fill_pause()) sent += response.take_filler();
  response.body("hello");
  sent += taken(response);
  sent += response.take_filler();
  response.end({});
  sent += taken(response);

  EXPECT_EQ(sent, "000000005\r\nhello\r\n00\r\n\r\n");
  EXPECT_FALSE(response.can_fill_pause());
}

TEST(HttpResponse, cannot_be_filled_where_its_framing_has_no_room) {
  auto unsent = started(), with_length = started(), to_head = started(Method::head),
       to_1_0 = started(Method::other, HttpVersion::v1_0);
  const HttpField length{"content-length", "10"};
  (void)unsent.head(200, {});
  (void)with_length.head(200, {{length}});
  (void)to_head.head(200, {});
  (void)to_1_0.head(200, {});
  for (auto* response : {&with_length, &to_head, &to_1_0}) (void)taken(*response);

  for (const auto* response : {&unsent, &with_length, &to_head, &to_1_0})
    EXPECT_FALSE(response->can_fill_pause());
}

TEST(HttpResponse, has_no_body_for_head_204_and_304) {
  for (const auto& [method, status] :
       {std::pair{Method::head, 200}, {Method::other, 204}, {Method::other, 304}}) {
    auto response = started(method);
    (void)response.head(static_cast<std::uint16_t>(status), {});
    response.body("hello");
    response.end({});

    const auto sent = taken(response);

    EXPECT_TRUE(sent.ends_with("\r\n\r\n")) << sent;
    EXPECT_EQ(sent.find("content-length"), sent.npos) << sent;
    EXPECT_FALSE(response.closes());
  }
}

TEST(HttpResponse, ends_by_closing_for_an_http_1_0_client_when_the_length_is_unknown) {
  auto response = started(Method::other, HttpVersion::v1_0);
  (void)response.head(200, {});
  response.body("hello");

  EXPECT_EQ(taken(response), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
  EXPECT_TRUE(response.closes());
}

TEST(HttpResponse, never_sends_more_than_the_length_it_promised) {
  auto response = started();
  const HttpField length{"Content-Length", "3"};
  (void)response.head(200, {{length}});
  response.body("hello");
  response.end({});

  EXPECT_TRUE(taken(response).ends_with("\r\n\r\nhel"));
  EXPECT_TRUE(response.is_broken());
}

TEST(HttpResponse, is_broken_when_it_ends_before_the_length_it_promised) {
  auto response = started();
  const HttpField length{"Content-Length", "9"};
  (void)response.head(200, {{length}});
  response.body("hello");
  response.end({});

  (void)taken(response);
  EXPECT_TRUE(response.is_broken());
}

TEST(HttpResponse, refuses_headers_that_would_forge_others) {
  for (const auto& field :
       {HttpField{"x", "a\r\nset-cookie: b"}, HttpField{"a b", "c"}, HttpField{"", "c"},
        HttpField{"content-length", "-1"}, HttpField{"x", std::string_view("\0", 1)}}) {
    auto response = started();
    EXPECT_TRUE(response.head(200, {{field}})) << field.name;
    EXPECT_FALSE(response.has_head());
  }
  EXPECT_TRUE(started().head(100, {}));
}

TEST(HttpResponse, drops_headers_that_belong_to_the_connection) {
  auto response = started();
  const HttpField fields[] = {
      {"Connection", "keep-alive"}, {"Transfer-Encoding", "gzip"}, {"Keep-Alive", "5"}};
  (void)response.head(200, fields);
  response.end({});

  EXPECT_EQ(taken(response), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

}  // namespace
}  // namespace weft::net
