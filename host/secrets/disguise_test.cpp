#include "host/secrets/disguise.h"

#include <gtest/gtest.h>

namespace weft::secrets {
namespace {

TEST(Disguise, names_the_same_text_the_same_and_others_otherwise) {
  SystemRandom random;
  const Disguise name(random);

  EXPECT_EQ(name("redis://:hunter2@h"), name("redis://:hunter2@h"));
  EXPECT_NE(name("redis://:hunter2@h"), name("redis://:hunter3@h"));
  EXPECT_EQ(name("").size(), 32u);
}

TEST(Disguise, cannot_be_seen_through_by_trying_passwords_elsewhere) {
  SystemRandom random;
  const Disguise here(random);
  const Disguise elsewhere(random);

  EXPECT_NE(here("redis://:hunter2@h"), elsewhere("redis://:hunter2@h"));
}

}  // namespace
}  // namespace weft::secrets
