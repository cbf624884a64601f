#include "net/nats/address.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "net/nats/credentials.h"
#include "tests/support/process.h"

namespace weft::net::nats {
namespace {

constexpr std::string_view k_a_seed = "SUAEL6GG2L2HIF7DUGZJGMRUFKXELGGYFMHF76UO2AYBG3K4YLWR3FKC2Q";

std::string why(std::string_view urls) {
  const auto read = Address::parse(urls);
  return read ? "taken" : read.error().message;
}

TEST(NatsAddress, is_read_as_people_write_it) {
  const auto plain = Address::parse("nats://a, tls://u%40x:p:w%2F@b:1/,c:2,[::1]:3").value();

  EXPECT_EQ(plain.text(), "nats://a:4222,tls://b:1,nats://c:2,nats://[::1]:3");
  EXPECT_EQ(plain.user, "u@x");
  EXPECT_EQ(plain.password, "p:w/");
  EXPECT_EQ(plain.servers[1].tls, Tls::yes);
  EXPECT_EQ(plain.servers[3].host, "::1");
  EXPECT_EQ(Address::parse("nats://s3cr3t@a").value().token, "s3cr3t");
}

TEST(NatsAddress, that_is_wrong_is_refused_without_its_password) {
  for (const auto* wrong : {"", "redis://u:secret@a", "nats://u:secret@", "nats://u:secret@a:0",
                            "nats://u:secret%zz@a", "nats://u:secret@a:4222x", "[::1"}) {
    const auto reason = why(wrong);
    EXPECT_NE(reason, "taken") << wrong;
    EXPECT_EQ(reason.find("secret"), std::string::npos) << reason;
  }
}

TEST(NatsCredentials, are_those_of_a_file_as_nsc_writes_it) {
  const tests::TemporaryFolder folder;
  const auto file = (folder.path() / "user.creds").string();
  std::ofstream(file)
      << "-----BEGIN NATS USER JWT-----\neyJ.abc.def\n------END NATS USER JWT------\n"
         "\n*** IMPORTANT ***\n\n-----BEGIN USER NKEY SEED-----\n"
      << k_a_seed << "\n------END USER NKEY SEED------\n";

  const auto read = read_credentials(file).value();

  EXPECT_EQ(read.jwt, "eyJ.abc.def");
  EXPECT_TRUE(read.key->public_text().starts_with("U"));
  EXPECT_EQ(read.key->sign("nonce").size(), 86u);
}

TEST(NatsCredentials, that_are_wrong_are_refused_without_the_seed) {
  const tests::TemporaryFolder folder;
  const auto file = (folder.path() / "user.creds").string();
  EXPECT_EQ(read_credentials(file).error().code, Errc::not_found);
  std::ofstream(file) << "-----BEGIN NATS USER JWT-----\neyJ\n-----END\n"
                         "-----BEGIN USER NKEY SEED-----\nSUAWRONG\n-----END";

  const auto read = read_credentials(file);

  EXPECT_EQ(read.error().code, Errc::invalid);
  EXPECT_EQ(read.error().message.find("SUAWRONG"), std::string::npos);
  EXPECT_FALSE(UserKey::from_seed("SAAEL6GG2L2HIF7DUGZJGMRUFKXELGGYFMHF76UO2AYBG3K4YLWR3FKC2Q"));
}

}  // namespace
}  // namespace weft::net::nats
