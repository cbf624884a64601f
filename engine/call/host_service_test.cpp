// The guest `settings`, which shows what its host gives it without any link.
#include <gtest/gtest.h>

#include <memory>
#include <string_view>

#include "engine/call/test_rig.h"

namespace weft::engine::test {
namespace {

class OneSecret final : public contracts::Secrets {
 public:
  explicit OneSecret(std::string_view value) : value_(value) {
    view_ = {contracts::SecretKind::text, std::as_bytes(std::span(value_))};
  }
  const contracts::SecretView* find(std::string_view name) const override {
    return name == "password" ? &view_ : nullptr;
  }

 private:
  const std::string value_;
  contracts::SecretView view_;
};

class HostServices : public testing::Test {
 protected:
  ComponentShard& settings() {
    return rig.shard("settings", [](ComponentSpec& spec) {
      spec.config = {{"COLOUR", "blue"}};
      spec.secrets = std::make_shared<OneSecret>("hunter2");
    });
  }
  Rig rig;
};

TEST_F(HostServices, give_the_configuration_by_every_spelling_and_by_the_environment) {
  auto& shard = settings();

  for (const auto* path : {"/config/COLOUR", "/runtime/COLOUR", "/rc/COLOUR", "/env/COLOUR"})
    EXPECT_EQ(rig.get(shard, path), "200 blue") << path;
  EXPECT_EQ(rig.get(shard, "/config/other"), "200 none");
  EXPECT_EQ(rig.get(shard, "/all"), "200 COLOUR=blue");
}

TEST_F(HostServices, give_another_configuration_to_calls_that_begin_after_it_was_adopted) {
  auto& shard = settings();
  Asker asker;
  rig.ask(shard, asker, "/twice/COLOUR/50");
  ASSERT_FALSE(asker.over());

  ASSERT_TRUE(shard.prepare({{"COLOUR", "red"}}, nullptr));
  EXPECT_EQ(rig.get(shard, "/config/COLOUR"), "200 blue") << "it is prepared only";
  shard.adopt();

  EXPECT_EQ(rig.get(shard, "/config/COLOUR"), "200 red");
  EXPECT_EQ(rig.get(shard, "/env/COLOUR"), "200 red");
  ASSERT_TRUE(rig.wait([&] { return asker.over(); }));
  EXPECT_EQ(asker.text(), "200 blue blue");
}

// A link that tells its target something.
class Told final : public contracts::Invoker {
 public:
  Told(contracts::Invoker& target, contracts::Settings settings)
      : target_(target),
        settings_(std::make_shared<const contracts::Settings>(std::move(settings))) {}
  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    invocation.settings = settings_;
    return target_.invoke(std::move(invocation), replier);
  }

 private:
  contracts::Invoker& target_;
  const std::shared_ptr<const contracts::Settings> settings_;
};

TEST_F(HostServices, give_calls_by_a_link_what_it_says_over_what_the_component_was_given) {
  auto& shard = settings();
  Told red(shard, {{"COLOUR", "red"}}), size(shard, {{"SIZE", "7"}});

  EXPECT_EQ(rig.get(red, "/config/COLOUR"), "200 red");
  EXPECT_EQ(rig.get(red, "/env/COLOUR"), "200 blue") << "the environment is the component's";
  EXPECT_EQ(rig.get(size, "/all"), "200 COLOUR=blue,SIZE=7");
  EXPECT_EQ(rig.get(shard, "/all"), "200 COLOUR=blue");
  ASSERT_TRUE(shard.prepare({{"COLOUR", "green"}, {"SIZE", "1"}}, nullptr));
  shard.adopt();

  EXPECT_EQ(rig.get(red, "/config/COLOUR"), "200 red");
  EXPECT_EQ(rig.get(size, "/all"), "200 COLOUR=green,SIZE=7");
}

TEST_F(HostServices, give_secrets_by_name_until_others_are_adopted) {
  auto& shard = settings();

  EXPECT_EQ(rig.get(shard, "/secret/password"), "200 text hunter2");
  EXPECT_EQ(rig.get(shard, "/secret/other"), "200 not found");
  ASSERT_TRUE(shard.prepare({}, std::make_shared<OneSecret>("hunter3")));
  shard.adopt();

  EXPECT_EQ(rig.get(shard, "/secret/password"), "200 text hunter3");
  EXPECT_EQ(rig.lines.count("hunter"), 0);
}

TEST_F(HostServices, log_for_the_component) {
  EXPECT_EQ(rig.get(settings(), "/log/warn/cart/hello"), "200 logged");

  EXPECT_EQ(rig.lines.count("warn  hello component=app-settings context=cart request="), 1)
      << rig.lines.all();
}

}  // namespace
}  // namespace weft::engine::test
