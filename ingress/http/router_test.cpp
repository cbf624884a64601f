#include "ingress/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::ingress {
namespace {

using ::testing::HasSubstr;

Route route(std::string host, std::string path, std::string target,
            std::string application = "shop") {
  Route made;
  made.address = "127.0.0.1:8000";
  made.host = std::move(host);
  made.path = std::move(path);
  made.target = std::move(target);
  made.application = ApplicationName(std::move(application));
  return made;
}

std::string found(const Router& router, std::string_view host, std::string_view target) {
  const auto* table = router.at("127.0.0.1:8000");
  const auto* route = table == nullptr ? nullptr : table->find(host, target);
  return route == nullptr ? "none" : route->target;
}

TEST(Router, knows_the_largest_head_that_a_route_of_a_listener_takes) {
  auto many = route("", "/", "web"), large = route("", "/cart", "cart"),
       small = route("", "/x", "x");
  many.head.header_count = 500;
  large.head.header_bytes = 200'000;
  small.head = {.header_count = 1, .header_bytes = 1};

  const auto router = *Router::make({many, large, small});
  const auto least = *Router::make({small});

  EXPECT_EQ(router->at("127.0.0.1:8000")->head_limits().header_count, 500u);
  EXPECT_EQ(router->at("127.0.0.1:8000")->head_limits().header_bytes, 200'000u);
  EXPECT_EQ(least->at("127.0.0.1:8000")->head_limits().header_count,
            net::HttpLimits{}.header_count);
}

TEST(Router, takes_the_longest_prefix_of_whole_segments) {
  const auto router = *Router::make(
      {route("", "/", "web"), route("", "/cart", "cart"), route("", "/cart/pay/", "pay")});

  EXPECT_EQ(found(*router, "a", "/"), "web");
  EXPECT_EQ(found(*router, "a", "/cart"), "cart");
  EXPECT_EQ(found(*router, "a", "/cart?x=/cart/pay"), "cart");
  EXPECT_EQ(found(*router, "a", "/cart/"), "cart");
  EXPECT_EQ(found(*router, "a", "/cartoon"), "web");
  EXPECT_EQ(found(*router, "a", "/cart/pay/now"), "pay");
}

TEST(Router, prefers_the_host_in_any_case_and_falls_back_to_routes_for_every_host) {
  const auto router = *Router::make({route("Shop.Example", "/a", "shop"), route("", "/", "any")});

  EXPECT_EQ(found(*router, "shop.EXAMPLE", "/a/b"), "shop");
  EXPECT_EQ(found(*router, "shop.example", "/b"), "any");
  EXPECT_EQ(found(*router, "x.shop.example", "/a"), "any");
}

TEST(Router, finds_nothing_where_nothing_is_routed) {
  const auto router = *Router::make({route("shop.example", "/a", "shop")});

  EXPECT_EQ(found(*router, "other.example", "/a"), "none");
  EXPECT_EQ(found(*router, "shop.example", "/"), "none");
  EXPECT_EQ(found(*router, std::string(1000, 'a'), "/a"), "none");
  EXPECT_EQ(router->at("127.0.0.1:8001"), nullptr);
}

TEST(Router, names_both_applications_that_want_one_route) {
  const auto made = Router::make(
      {route("A.example", "/x/", "web", "one"), route("a.example", "/x", "www", "two")});

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::conflict);
  EXPECT_THAT(made.error().message, HasSubstr("web of application one and www of application two"));
}

TEST(Router, refuses_paths_and_hosts_that_cannot_match_all_at_once) {
  const auto made = Router::make(
      {route("", "cart", "a"), route("a.example:80", "/", "b"), route("", "/x?y", "c")});

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::invalid);
  EXPECT_EQ(std::ranges::count(made.error().message, '\n'), 2);
}

}  // namespace
}  // namespace weft::ingress
