#include <wasi/keyvalue/atomics.hpp>
#include <weft/http.hpp>

using namespace wasi::keyvalue;

// Counts the requests of each path; the count ends the answer.
http::response http::handle(http::request request) {
  auto path = request.path();
  auto bucket = store::open("default");
  if (!bucket) return {.status = 503, .body = "The bucket cannot be opened.\n"};
  auto count = atomics::increment(*bucket, path, 1);
  if (!count) return {.status = 503, .body = "The request could not be counted.\n"};
  return {
      .headers = {{"content-type", "text/plain"}},
      .body = "Requests for " + path + " so far: " + std::to_string(*count),
  };
}

EXPORT_HTTP_HANDLER
