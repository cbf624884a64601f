#include <gmock/gmock.h>

#include "host/plan/diff.h"
#include "host/plan/test_support.h"

namespace weft::plan {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view k_messages = "wasmcloud:messaging/handler@0.2.0";

std::string broker(std::string_view target, std::string_view config, std::string_view more = "",
                   std::string_view interfaces = "handler") {
  return capability(
      "broker", "weft:messaging-memory",
      link("wasmcloud:messaging", interfaces, target,
           fmt::format(", source: {{config: [{{name: s, properties: {{{}}}}}]}}", config)),
      more);
}

Host with_broker(std::string_view config, std::string_view more = "") {
  return Host()
      .add(application(component("worker") + broker("worker", config, more)))
      .with("app-worker", loaded({}, {k_messages}));
}

TEST(Subscriptions, come_after_what_they_join_with_the_settings_of_link_and_provider) {
  const auto plan = with_broker("Subscriptions: 'a.*', depth: link",
                                ", config: [{name: c, properties: {depth: all, other: all}}]")
                        .good();

  ASSERT_EQ(plan.steps.size(), 3u);
  EXPECT_EQ(plan.steps.back().key,
            "subscription app-broker default wasmcloud:messaging/handler@0.2.0");
  const auto& made = std::get<Subscribe>(plan.steps.back().what);
  EXPECT_EQ(made.provider.text(), "app-broker");
  EXPECT_EQ(made.target.text(), "app-worker");
  EXPECT_EQ(made.link.text(), "default");
  EXPECT_EQ(made.contract, k_messages);
  EXPECT_EQ(made.settings,
            (Settings{{"subscriptions", "a.*"}, {"depth", "link"}, {"other", "all"}}));
  EXPECT_EQ(made.calls, 10u);
}

TEST(Subscriptions, take_the_secrets_of_their_provider_unless_the_link_has_the_key) {
  constexpr std::string_view k_secrets =
      ", secrets: [{name: subscriptions, properties: {policy: p, key: seed}}]";

  const auto with_policy = [](std::string_view config, std::string_view more) {
    auto text = application(component("worker") + broker("worker", config, more));
    text.insert(text.find("components:"),
                "policies: [{name: p, type: policy.secret.wasmcloud.dev/v1alpha1, properties: "
                "{backend: 'weft:secrets-file'}}], ");
    return Host().add(std::move(text)).with("app-worker", loaded({}, {k_messages})).good();
  };

  const auto theirs = with_policy("depth: link", k_secrets);
  const auto none = with_broker("depth: link").good();
  const auto own = with_policy("subscriptions: plain", k_secrets);

  const auto& made = std::get<Subscribe>(theirs.steps.back().what);
  ASSERT_EQ(made.secrets.size(), 1u);
  EXPECT_EQ(made.secrets[0].name, "subscriptions");
  EXPECT_EQ(made.secrets[0].key, "seed");
  EXPECT_NE(theirs.steps.back().hash, none.steps.back().hash);
  const auto& plain = std::get<Subscribe>(own.steps.back().what);
  EXPECT_TRUE(plain.secrets.empty());
  EXPECT_EQ(plain.settings.at("subscriptions"), "plain");
}

TEST(Subscriptions, are_made_anew_when_their_settings_or_their_target_change_and_not_otherwise) {
  const auto before = with_broker("subscriptions: a").good();
  const auto changed = [&](const Plan& now) { return diff(applied(before), now).changed.size(); };
  const auto rebuilt =
      Host()
          .add(application(component("worker") + broker("worker", "subscriptions: a")))
          .with("app-worker", loaded({}, {k_messages}, "another digest"))
          .good();

  EXPECT_EQ(changed(with_broker("subscriptions: a").good()), 0u);
  EXPECT_EQ(changed(with_broker("subscriptions: b").good()), 1u);
  EXPECT_EQ(changed(rebuilt), 1u);  // the component alone
  EXPECT_EQ(diff(applied(before), rebuilt).changed[0].key, "component app-worker");
}

TEST(Subscriptions, name_subjects_or_the_line_says_what_is_wrong) {
  EXPECT_THAT(with_broker("subscriptions: 'a..b'").told(),
              HasSubstr("`subscriptions`: 'a..b' is no subject: it has an empty token"));
}

TEST(Subscriptions, need_a_target_that_has_the_handler) {
  const auto told =
      Host()
          .add(application(component("worker") + broker("worker", "subscriptions: a")))
          .with("app-worker", loaded({}, {"wasi:http/incoming-handler@0.2.3"}))
          .told();

  EXPECT_THAT(told, HasSubstr("error: the link from 'broker' to 'worker' names "
                              "wasmcloud:messaging/handler, which 'worker' does not have"));
}

TEST(Subscriptions, are_no_links_that_a_provider_does_not_call_through) {
  const auto told = Host()
                        .add(application(component("worker") +
                                         broker("worker", "subscriptions: a", "", "consumer")))
                        .with("app-worker", loaded({}, {k_messages}))
                        .told();

  EXPECT_THAT(told, HasSubstr("'broker' (weft:messaging-memory) never calls "
                              "wasmcloud:messaging/consumer"));
}

TEST(Subscriptions, are_missed_where_a_component_exports_a_handler) {
  const auto told = Host()
                        .add(application(component("worker")))
                        .with("app-worker", loaded({}, {k_messages}))
                        .told();

  EXPECT_THAT(told,
              HasSubstr("info: 'worker' exports wasmcloud:messaging/handler@0.2.0, and no link "
                        "leads to it: nothing reaches it"));
  EXPECT_THAT(with_broker("subscriptions: a").told(), Not(HasSubstr("nothing reaches it")));
}

}  // namespace
}  // namespace weft::plan
