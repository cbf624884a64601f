#include <gmock/gmock.h>

#include "host/plan/test_support.h"

#include <fmt/format.h>

namespace weft::plan {
namespace {

using namespace test;
using testing::HasSubstr;

Host with_http(std::string_view keys, std::string_view more = "") {
  return Host()
      .add(application(component("a") + http("a", keys, more)))
      .with("app-a", loaded({}, {k_handler}));
}

AddRoute route(const Host& host) {
  const auto plan = host.good();
  return plan.steps.empty() ? AddRoute() : std::get<AddRoute>(plan.steps.back().what);
}

TEST(Routes, listen_where_the_link_says) {
  const auto made = route(with_http("address: '0.0.0.0:80'"));

  EXPECT_EQ(made.provider.text(), "app-http");
  EXPECT_EQ(made.target.text(), "app-a");
  EXPECT_EQ(made.address, "0.0.0.0:80");
  EXPECT_EQ(made.host, "");
  EXPECT_EQ(made.path, "/");
  EXPECT_EQ(route(with_http("ADDRESS: '[::1]:8000'")).address, "[::1]:8000");
  EXPECT_EQ(route(with_http("address: '[0:0::0:1]:8000'")).address, "[::1]:8000");
  EXPECT_EQ(route(with_http("address: 'localhost:0'")).address, "127.0.0.1:0");
}

TEST(Routes, listen_on_loopback_when_nobody_says_where) {
  const auto host = with_http("");

  EXPECT_EQ(route(host).address, "127.0.0.1:8000");
  EXPECT_THAT(host.told(), HasSubstr("info: the link to 'a' names no address: it listens on "
                                     "127.0.0.1:8000 (1.x: on 0.0.0.0:8000)"));
  EXPECT_EQ(
      route(with_http("", ", config: [{name: c, properties: {default_address: '0.0.0.0:9000'}}]"))
          .address,
      "0.0.0.0:9000");
}

TEST(Routes, narrow_by_host_and_path) {
  const auto made = route(with_http("address: '127.0.0.1:1', host: Shop.Example, path: /api/v1/"));

  EXPECT_EQ(made.host, "shop.example");
  EXPECT_EQ(made.path, "/api/v1");
}

TEST(Routes, refuse_values_that_mean_nothing) {
  for (const auto* address :
       {"8000", "host.example:80", "127.0.0.1", "127.0.0.1:99999", "::1:80", "1.2.3:80"}) {
    EXPECT_THAT(with_http(fmt::format("address: '{}'", address)).told(),
                HasSubstr("is not an address to listen on"))
        << address;
  }
  EXPECT_THAT(with_http("address: '127.0.0.1:1', path: api").told(),
              HasSubstr("'api' is not the beginning of a path"));
  EXPECT_THAT(with_http("address: '127.0.0.1:1', host: 'http://x'").told(),
              HasSubstr("'http://x' is not the name of a host"));
  EXPECT_THAT(with_http("", ", config: [{name: c, properties: {routing_mode: pth}}]").told(),
              HasSubstr("Did you mean `path`?"));
}

TEST(Routes, say_how_paths_differ_from_1_x) {
  EXPECT_THAT(
      with_http("path: /a", ", config: [{name: c, properties: {routing_mode: path}}]").told(),
      HasSubstr("the longest one wins"));
}

struct Key {
  std::string_view setting, severity, message;
};
class HttpKeys : public testing::TestWithParam<Key> {};
TEST_P(HttpKeys, of_1_x_are_taken_ignored_or_refused) {
  const auto planned =
      with_http(fmt::format("address: '127.0.0.1:1', {}", GetParam().setting)).plan();

  const auto told = manifest::text(planned.findings);
  EXPECT_EQ(planned.plan.has_value(), GetParam().severity != "error") << told;
  if (GetParam().severity.empty()) {
    EXPECT_EQ(told, "");
  } else {
    EXPECT_THAT(told, HasSubstr(fmt::format("{}: {}", GetParam().severity, GetParam().message)));
  }
}
INSTANTIATE_TEST_SUITE_P(
    Settings, HttpKeys,
    testing::Values(Key{"tls_cert_file: /c", "error",
                        "`tls_cert_file` (certificate chain for HTTPS) is not supported yet"},
                    Key{"tls_priv_key_file: /c", "error", "`tls_priv_key_file`"},
                    Key{"readonly_mode: 'true'", "error", "`readonly_mode`"},
                    Key{"readonly_mode: 'false'", "", ""},
                    Key{"config_json: '{}'", "error", "`config_json`"},
                    Key{"cache_control: no-store", "warning", "`cache_control`"},
                    Key{"timeout_ms: '100'", "warning", "`timeout_ms`"},
                    Key{"cors_allowed_origins: '[]'", "warning", "`cors_allowed_origins`"},
                    Key{"max_body_bytes: '1'", "warning", "`max_body_bytes`"},
                    Key{"adress: '127.0.0.1:2'", "warning",
                        "`adress` is not a key of the source config"},
                    Key{"port: '80'", "warning", "`port`"}));

TEST(Routes, of_two_applications_must_differ) {
  const auto one =
      application(component("a") + http("a", "address: '127.0.0.1:8000', path: /x"), "one");
  const auto two = [](std::string_view keys) {
    return application(component("b") + http("b", keys), "two");
  };
  const auto both = [&](std::string_view keys) {
    return Host()
        .add(one, "1.yaml")
        .add(two(keys), "2.yaml")
        .with("one-a", loaded({}, {k_handler}))
        .with("two-b", loaded({}, {k_handler}))
        .told();
  };

  EXPECT_THAT(
      both("address: '127.0.0.1:8000', path: /x/"),
      HasSubstr(
          "error: 127.0.0.1:8000/x already leads to 'one-a' of the application 'one' (1.yaml:6:"));
  EXPECT_THAT(both("address: '0.0.0.0:8000', path: /y"),
              HasSubstr("0.0.0.0:8000 and 127.0.0.1:8000 cannot both be listened on"));
  EXPECT_EQ(both("address: '127.0.0.1:8000', path: /y"), "");
  EXPECT_EQ(both("address: '127.0.0.1:8000', path: /x, host: a.example"), "");
  EXPECT_EQ(both("address: '127.0.0.1:8001', path: /x"), "");
}

}  // namespace
}  // namespace weft::plan
