#include <charconv>
#include <wasi/keyvalue/store.hpp>
#include <weft/http.hpp>

using namespace wasi::keyvalue;

// Answers the value of the key `bench`, read once or as often as the query says, one read after the
// other.
http::response http::handle(http::request request) {
  const auto query = request.query();
  std::uint32_t times = 1;
  std::from_chars(query.data(), query.data() + query.size(), times);
  auto bucket = store::open("default");
  if (!bucket) return {.status = 503, .body = "The bucket cannot be opened.\n"};
  std::string body;
  for (; times > 0; --times) {
    auto value = bucket->get("bench");
    if (!value || !*value) return {.status = 503, .body = "The key could not be read.\n"};
    if (times == 1) body = wit::text(**value);
  }
  return {.body = std::move(body)};
}

EXPORT_HTTP_HANDLER
