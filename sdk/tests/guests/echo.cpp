// Bodies, streamed. POST /echo sends back what comes in, /copy too but without reading it, /whole
// after reading all of it; /trailers repeats the request's trailers as its own; /count tells the
// number of bytes; GET /lines/N sends N lines one by one; /broken breaks its body off; /headers
// repeats the request's headers that begin with x-.
#include <charconv>
#include <weft/http.hpp>

namespace {

http::response echo(http::request& request) {
  return {.stream = [body = request.body()](http::body_writer& out) mutable {
    while (auto part = body.next())
      if (!out.write(*part)) return;
    if (!body.complete()) out.abandon();
  }};
}

http::response copy(http::request& request) {
  return {.stream = [body = request.body()](http::body_writer& out) mutable { out.copy(body); }};
}

http::response trailers(http::request& request) {
  return {.stream = [body = request.body()](http::body_writer& out) mutable {
    out.write(std::to_string(body.text().size()));
    out.trailers(body.trailers());
  }};
}

http::response count(http::request& request) {
  std::size_t total = 0;
  auto body = request.body();
  while (auto part = body.next()) total += part->size();
  return {.status = static_cast<std::uint16_t>(body.complete() ? 200 : 400),
          .body = std::to_string(total)};
}

http::response lines(std::string_view number) {
  int count = 0;
  std::from_chars(number.data(), number.data() + number.size(), count);
  return {.stream = [count](http::body_writer& out) {
    for (int n = 0; n < count; ++n)
      if (!out.write("line " + std::to_string(n) + "\n")) return;
  }};
}

http::response headers(http::request& request) {
  http::response answer;
  for (auto& field : request.headers())
    if (field.first.starts_with("x-")) answer.headers.push_back(field);
  return answer;
}

}  // namespace

http::response http::handle(http::request request) {
  auto path = request.path();
  if (path == "/echo") return echo(request);
  if (path == "/copy") return copy(request);
  if (path == "/whole") return {.body = request.text()};
  if (path == "/trailers") return trailers(request);
  if (path == "/count") return count(request);
  if (path.starts_with("/lines/")) return lines(path.substr(7));
  if (path == "/broken")
    return {.stream = [](http::body_writer& out) {
      out.write("half");
      out.abandon();
    }};
  if (path == "/headers") return ::headers(request);
  return {.status = 404};
}

EXPORT_HTTP_HANDLER
