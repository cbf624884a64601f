#include "providers/keyvalue_nats/settings.h"

#include <gtest/gtest.h>

namespace weft::providers::keyvalue_nats {
namespace {

constexpr const char* k_user_seed = "SUAEL6GG2L2HIF7DUGZJGMRUFKXELGGYFMHF76UO2AYBG3K4YLWR3FKC2Q";

std::string why_not(const contracts::Settings& settings) {
  const auto read = read_settings(settings);
  return read ? "taken" : read.error().message;
}

TEST(NatsSettings, have_the_defaults_of_the_table) {
  const auto read = read_settings({}).value();

  EXPECT_EQ(read.client.servers.size(), 1u);
  EXPECT_EQ(read.client.servers[0].text(), "nats://127.0.0.1:4222");
  EXPECT_EQ(read.create, CreateBucket::no);
  EXPECT_EQ(read.bucket, "");
}

TEST(NatsSettings, are_those_of_the_1x_provider) {
  const auto read = read_settings({{"bucket", "wasmcloud"},
                                   {"cluster_uri", "nats://ann:secret@a:1,b"},
                                   {"js_domain", "hub"},
                                   {"client_jwt", "eyJ"},
                                   {"client_seed", k_user_seed},
                                   {"enable_bucket_auto_create", "True"}})
                        .value();

  EXPECT_EQ(read.bucket, "wasmcloud");
  EXPECT_EQ(read.client.servers[1].text(), "nats://b:4222");
  EXPECT_EQ(read.client.credentials.user, "ann");
  EXPECT_EQ(read.client.credentials.password, "secret");
  EXPECT_EQ(read.client.credentials.jwt, "eyJ");
  EXPECT_TRUE(read.client.credentials.key);
  EXPECT_EQ(read.domain, "hub");
  EXPECT_EQ(read.create, CreateBucket::yes);
}

TEST(NatsSettings, that_are_wrong_are_refused_by_the_name_of_the_key_without_the_secret) {
  EXPECT_TRUE(why_not({{"cluster_uri", "redis://db"}}).starts_with("`cluster_uri`: 'redis'"));
  EXPECT_EQ(why_not({{"cluster_uri", "nats://ann:secret@db:0"}}).find("secret"), std::string::npos);
  EXPECT_TRUE(why_not({{"bucket", "a.b"}}).starts_with("`bucket: a.b`"));
  EXPECT_TRUE(why_not({{"bucket", std::string(129, 'b')}}).starts_with("`bucket: bbb"));
  EXPECT_TRUE(why_not({{"js_domain", "a b"}}).starts_with("`js_domain: a b`"));
  EXPECT_TRUE(why_not({{"client_jwt", "eyJ"}}).starts_with("`client_jwt` needs `client_seed`"));
  EXPECT_EQ(why_not({{"client_seed", "SUXX"}}), "`client_seed`: this is no seed of a user (SU…)");
  EXPECT_TRUE(why_not({{"client_creds_file", "/no/such"}}).starts_with("`client_creds_file`: "));
  EXPECT_TRUE(why_not({{"tls_ca", "no PEM"}}).starts_with("`tls_ca`: "));
  EXPECT_TRUE(why_not({{"tls_ca_file", "/no/such"}}).starts_with("`tls_ca_file`: "));
  EXPECT_TRUE(why_not({{"enable_bucket_auto_create", "maybe"}}).starts_with("`enable_bucket"));
}

}  // namespace
}  // namespace weft::providers::keyvalue_nats
