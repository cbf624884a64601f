#include "host/control/messages.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "host/control/host_id.h"

namespace weft::control {
namespace {

TEST(Messages, take_subjects_of_their_lattice_apart) {
  const auto scale = parse_subject("wasmbus.ctl.v1.default.component.scale.NABC", "default");
  const auto ping = parse_subject("wasmbus.ctl.v1.default.host.ping", "default");

  ASSERT_TRUE(scale && ping);
  EXPECT_EQ(scale->noun, "component");
  EXPECT_EQ(scale->verb, "scale");
  EXPECT_EQ(scale->what, "NABC");
  EXPECT_EQ(ping->what, "");
  EXPECT_FALSE(parse_subject("wasmbus.ctl.v1.other.host.ping", "default"));
  EXPECT_EQ(subject("default", "component", "scale", "NABC"),
            "wasmbus.ctl.v1.default.component.scale.NABC");
}

// As wash 0.39 sends it.
TEST(Messages, read_a_link_of_1_x) {
  const auto link = parse_put_link(
      R"({"source_id":"http","target":"kv","name":"default","wit_namespace":"wasi",)"
      R"("wit_package":"keyvalue","interfaces":["store","atomics"],"source_config":[],)"
      R"("target_config":["bucket"]})");

  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ(link->source, "http");
  EXPECT_EQ(link->interfaces, (std::vector<std::string>{"store", "atomics"}));
  EXPECT_EQ(link->target_config.names, std::vector<std::string>{"bucket"});
}

TEST(Messages, read_labels_as_they_are_written) {
  const auto put = parse_put_label(json_text(Label{"zone", "a"}));
  const auto gone = parse_delete_label(json_text(Label{"zone", std::nullopt}));

  ASSERT_TRUE(put && gone);
  EXPECT_EQ(put->key + "=" + put->value.value_or(""), "zone=a");
  EXPECT_EQ(gone->key, "zone");
  EXPECT_FALSE(gone->value);
  EXPECT_EQ(parse_put_label(R"({"key":"zone"})").error().message, "`value` is missing");
}

TEST(Messages, write_what_they_read) {
  const PutLink link{.source = "a",
                     .target = "b",
                     .name = "n",
                     .ns = "wasi",
                     .package = "keyvalue",
                     .interfaces = {"store"},
                     .source_config = {{"s"}, {{"k", "1"}}},
                     .target_config = {{}, {{"url", "x"}}}};

  const auto again = parse_put_link(json_text(link));

  ASSERT_TRUE(again);
  EXPECT_EQ(json_text(*again), json_text(link));
  EXPECT_EQ(again->target_config.values, link.target_config.values);
  EXPECT_EQ(parse_scale(json_text(Scale{"c", 7}, "N")).value().scale.count, 7u);
  const auto anew = parse_scale(json_text(Scale{"c", 7, "/x.wasm"}, "N"));
  EXPECT_EQ(anew.value().image, "/x.wasm");
  EXPECT_EQ(anew.value().allow_update, AllowUpdate::yes);
  EXPECT_EQ(parse_update(json_text(Update{"c", "/x.wasm"}, "N")).value().image, "/x.wasm");
  EXPECT_EQ(parse_stop_provider(json_text(StopProvider{"p"}, "N")).value().id, "p");
  EXPECT_EQ(parse_stop_provider(R"({"provider_ref":"old"})").value().id, "old");
}

TEST(Messages, write_what_they_read_of_a_component_that_goes_into_a_link) {
  const InsertLink link{.source = "a",
                        .name = "n",
                        .ns = "wasi",
                        .package = "keyvalue",
                        .image = "/x/cache.wasm",
                        .id = "cache",
                        .config = {{"c"}, {{"ttl_ms", "1"}}},
                        .beside = "weft:keyvalue-memory",
                        .beside_config = {{"d"}, {{"max_bytes", "2"}}}};

  const auto again = parse_insert_link(json_text(link));
  const auto bypass = parse_bypass_link(json_text(BypassLink{"cache"}));

  ASSERT_TRUE(again && bypass);
  EXPECT_EQ(json_text(*again), json_text(link));
  EXPECT_EQ(text(*again),
            "link insert a wasi keyvalue /x/cache.wasm --id cache --name n --beside "
            "weft:keyvalue-memory --config c --value ttl_ms=*** --beside-config d "
            "--beside-value max_bytes=***");
  EXPECT_EQ(again->config.values, link.config.values);
  EXPECT_EQ(again->beside_config.names, link.beside_config.names);
  EXPECT_EQ(bypass->component, "cache");
  EXPECT_EQ(parse_insert_link(R"({"source_id":"a"})").error().message,
            "`wit_namespace` is missing");
}

TEST(Messages, say_which_key_is_wrong) {
  EXPECT_EQ(parse_put_link("[]").error().message, "the payload is not a JSON object");
  EXPECT_EQ(parse_put_link("{\"source_id\": 7}").error().message, "`source_id` is not a string");
  EXPECT_EQ(parse_delete_link("{}").error().message, "`source_id` is missing");
  EXPECT_EQ(parse_scale(R"({"component_id":"c","count":-1})").error().message,
            "`count` is not a whole number from 0");
  EXPECT_EQ(parse_scale(R"({"component_id":"c"})").error().message, "`count` is missing");
  EXPECT_EQ(parse_scale(R"({"component_id":"c","count":1,"config":["x"]})").error().message,
            "`config` is not taken here: the manifest names the configs of its components");
  EXPECT_EQ(parse_scale(R"({"component_id":"c","count":1,"allow_update":1})").error().message,
            "`allow_update` is not true or false");
  EXPECT_EQ(parse_start_provider(R"({"provider_id":"p","provider_ref":"r","config":["a",1]})")
                .error()
                .message,
            "`config` is not a list of strings");
}

TEST(Messages, keep_replies_whole) {
  const auto text = json_text(Reply{true, "done", "[1]"});

  EXPECT_EQ(text, R"({"message":"done","response":[1],"success":true})");
  EXPECT_EQ(parse_reply(text).value().response, "[1]");
  EXPECT_EQ(parse_reply(json_text(Reply{false, "no \xff", {}})).value().success, false);
  EXPECT_FALSE(parse_reply("{}"));
}

TEST(Messages, tell_how_long_a_host_is_up) {
  EXPECT_NE(json_text(HostInfo{.id = "N",
                               .friendly_name = "h",
                               .lattice = "default",
                               .version = "1",
                               .uptime_seconds = 90'061})
                .find(R"("uptime_human":"1d 1h 1m 1s")"),
            std::string::npos);
}

class Counting final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override {
    for (auto& one : bytes) one = std::byte{next_++};
  }

 private:
  std::uint8_t next_ = 0;
};

TEST(HostId, is_an_nkeys_server_key) {
  Counting random;

  const auto first = make_host_id(random);
  const auto second = make_host_id(random);

  EXPECT_EQ(first.size(), 56u);
  EXPECT_EQ(first.front(), 'N');
  EXPECT_NE(first, second);
  EXPECT_EQ(first.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), std::string::npos);
}

}  // namespace
}  // namespace weft::control
