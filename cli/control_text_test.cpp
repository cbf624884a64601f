#include "cli/control_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cli {
namespace {

using testing::HasSubstr;

TEST(ControlText, shows_what_a_host_of_this_version_says) {
  const auto links =
      links_text(R"([{"source_id":"a","target":"b","name":"default","wit_namespace":"wasi",)"
                 R"("wit_package":"keyvalue","interfaces":["store","atomics"]}])");
  const auto inventory =
      inventory_text(R"({"host_id":"N","friendly_name":"here","uptime_human":"1s","version":"1",)"
                     R"("labels":{"zone":"a"},"components":[{"id":"app-web","max_instances":7}],)"
                     R"("providers":[],"edits":["scale web 7"]})");

  EXPECT_EQ(host_id_of(R"({"id":"N"})").value(), "N");
  ASSERT_TRUE(links && inventory);
  EXPECT_THAT(*links, HasSubstr("a       b       default  wasi:keyvalue/store,atomics\n"));
  EXPECT_THAT(*inventory, HasSubstr("  zone=a\n"));
  EXPECT_THAT(*inventory, HasSubstr("app-web                 7\n"));
  EXPECT_THAT(*inventory, HasSubstr("  weft scale web 7\n"));
}

TEST(ControlText, takes_a_host_that_says_less) {
  EXPECT_TRUE(inventory_text("{}"));
  EXPECT_TRUE(links_text("[]"));
  EXPECT_TRUE(links_text("[{}]"));
}

TEST(ControlText, refuses_what_another_version_says_in_another_form) {
  for (const auto* text : {"", "null", "7", "[]", "{\"labels\":[]}", "{\"components\":{}}",
                           "{\"components\":[1]}", "{\"edits\":[1]}", "{\"edits\":\"x\"}"}) {
    const auto said = inventory_text(text);
    ASSERT_FALSE(said) << text;
    EXPECT_THAT(said.error().message, HasSubstr("another version")) << text;
  }
  for (const auto* text :
       {"", "null", "{}", "[1]", "[{\"interfaces\":[1]}]", "[{\"interfaces\":1}]"})
    EXPECT_FALSE(links_text(text)) << text;
  for (const auto* text : {"", "null", "[]", "{}", "{\"id\":1}"})
    EXPECT_FALSE(host_id_of(text)) << text;
}

}  // namespace
}  // namespace weft::cli
