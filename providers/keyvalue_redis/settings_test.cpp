#include "providers/keyvalue_redis/settings.h"

#include <gtest/gtest.h>

namespace weft::providers::keyvalue_redis {
namespace {

std::string why_not(const contracts::Settings& settings) {
  const auto read = read_settings(settings);
  return read ? "taken" : read.error().message;
}

TEST(RedisSettings, have_the_defaults_of_the_table) {
  const auto read = read_settings({}).value();

  EXPECT_EQ(read.client.address.text(), "redis://127.0.0.1:6379/0");
  EXPECT_EQ(read.client.connect_limit.count(), 3000);
  EXPECT_EQ(read.client.answer_limit.count(), 5000);
  EXPECT_EQ(read.client.retry_most.count(), 300);
}

TEST(RedisSettings, are_those_of_the_1x_provider) {
  const auto read = read_settings({{"url", "redis://ann:secret@db:7000/2"},
                                   {"backend_connection_timeout_ms", "1"},
                                   {"backend_response_timeout_ms", "2"},
                                   {"backend_reconnect_max_delay_ms", "3"}})
                        .value();

  EXPECT_EQ(read.client.address.text(), "redis://db:7000/2");
  EXPECT_EQ(read.client.connect_limit.count(), 1);
  EXPECT_EQ(read.client.answer_limit.count(), 2);
  EXPECT_EQ(read.client.retry_most.count(), 3);
}

TEST(RedisSettings, that_are_wrong_are_refused_by_the_name_of_the_key_without_the_password) {
  EXPECT_TRUE(why_not({{"url", "db:6379"}}).starts_with("`url`: this is no url"));
  EXPECT_EQ(why_not({{"url", "redis://ann:secret@db:0"}}).find("secret"), std::string::npos);
  EXPECT_EQ(why_not({{"backend_response_timeout_ms", "2s"}}),
            "`backend_response_timeout_ms: 2s` is no number of milliseconds, such as 5000");
  EXPECT_TRUE(why_not({{"backend_connection_timeout_ms", "0"}}).starts_with("`backend_conn"));
  EXPECT_TRUE(why_not({{"url", "rediss://db"}, {"ca", "/no/such.pem"}})
                  .starts_with("`ca`: there is no file /no/such.pem"));
  EXPECT_TRUE(why_not({{"ca", "/no/such.pem"}}).starts_with("`ca` is for TLS"));
}

}  // namespace
}  // namespace weft::providers::keyvalue_redis
