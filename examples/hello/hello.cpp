#include <weft/http.hpp>

http::response http::handle(http::request request) {
  return {
      .headers = {{"content-type", "text/plain"}},
      .body = "Hello from C++23: " + request.method() + " " + request.target() + "\n",
  };
}

EXPORT_HTTP_HANDLER
