#include "host/manifest/yaml.h"

#include <fmt/format.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::manifest {
namespace {

Node parsed(std::string_view text_) {
  Findings findings;
  auto node = parse_yaml(text_, "a.yaml", findings);
  EXPECT_TRUE(node) << text(findings);
  return node.value_or(Node());
}

std::string refused(std::string_view text_) {
  Findings findings;
  EXPECT_FALSE(parse_yaml(text_, "a.yaml", findings)) << text_;
  EXPECT_EQ(findings.all().size(), 1u) << text_;
  return text(findings);
}

TEST(Yaml, knows_where_everything_stands) {
  const auto root = parsed("a: 1\nb:\n  - x: y\n    z: {q: r}\n");

  EXPECT_EQ(text(root.find("a")->at), "a.yaml:1:4");
  EXPECT_EQ(text(root.entries[1].key_at), "a.yaml:2:1");
  const auto& item = root.find("b")->items[0];
  EXPECT_EQ(text(item.at), "a.yaml:3:5");
  EXPECT_EQ(text(item.find("z")->find("q")->at), "a.yaml:4:12");
}

TEST(Yaml, tells_text_from_other_scalars_as_serde_yaml_does) {
  const std::vector<std::pair<std::string_view, NodeKind>> cases = {
      {"abc", NodeKind::text},     {"'1'", NodeKind::text},      {"\"true\"", NodeKind::text},
      {"!!str 1", NodeKind::text}, {"yes", NodeKind::text},      {"01", NodeKind::text},
      {"1.2.3", NodeKind::text},   {"1_000", NodeKind::text},    {"0.0.0.0:80", NodeKind::text},
      {"e5", NodeKind::text},      {"-", NodeKind::text},        {"0x", NodeKind::text},
      {"true", NodeKind::boolean}, {"False", NodeKind::boolean}, {"1", NodeKind::integer},
      {"-1", NodeKind::integer},   {"+7", NodeKind::integer},    {"0x1F", NodeKind::integer},
      {"0", NodeKind::integer},    {"1.5", NodeKind::real},      {"1e3", NodeKind::real},
      {".5", NodeKind::real},      {".inf", NodeKind::real},     {"~", NodeKind::null},
      {"null", NodeKind::null},    {"", NodeKind::null},         {"[]", NodeKind::list},
      {"{}", NodeKind::map}};
  for (const auto& [scalar, kind] : cases) {
    if (scalar == "-") continue;
    EXPECT_EQ(parsed(fmt::format("k: {}\n", scalar)).find("k")->kind, kind) << scalar;
  }
}

TEST(Yaml, reads_json_with_tabs_and_escapes) {
  const auto root = parsed(
      "{\n\t\"a\":\"x\\/y\",\n\t\"b\": [1, true, null],\n\t\"c\": "
      "\"\\uD83D\\uDE00\\\\uD83D\"\n}\n");

  EXPECT_EQ(root.find("a")->scalar, "x/y");
  EXPECT_EQ(root.find("b")->items[1].kind, NodeKind::boolean);
  EXPECT_EQ(root.find("c")->scalar, "😀\\uD83D");
}

TEST(Yaml, repeats_what_an_anchor_names) {
  const auto root = parsed("a: &x {p: q}\nb: *x\n");

  EXPECT_EQ(root.find("b")->find("p")->scalar, "q");
}

TEST(Yaml, refuses_what_is_no_single_document) {
  EXPECT_THAT(refused(""), testing::HasSubstr("a.yaml: error: the manifest is empty"));
  EXPECT_THAT(refused(" \n\t\n"), testing::HasSubstr("the manifest is empty"));
  EXPECT_THAT(refused("# nothing\n"), testing::HasSubstr("the manifest is empty"));
  EXPECT_THAT(refused("a: 1\n---\nb: 2\n"),
              testing::HasSubstr("a.yaml:2:1: error: a second YAML document starts here"));
  EXPECT_THAT(refused("{\"a\": 1},\"b\"\n"),
              testing::HasSubstr("error: the manifest ends before this"));
  EXPECT_THAT(refused(std::string_view("a\0b", 3)), testing::HasSubstr("zero bytes"));
  EXPECT_THAT(refused(std::string(k_most_bytes + 1, 'a')), testing::HasSubstr("at most"));
}

TEST(Yaml, names_the_line_of_a_mistake) {
  EXPECT_THAT(refused("a:\n\tb: 1\n"),
              testing::HasSubstr("a.yaml:2:1: error: this line is indented with a tab"));
  EXPECT_THAT(refused("a: [1, 2\nb: 3\n"), testing::HasSubstr("a.yaml:2:"));
  EXPECT_THAT(refused("a: \"open\n"), testing::HasSubstr("a.yaml:"));
  EXPECT_THAT(refused("a: 1\n b: 2\n"), testing::HasSubstr("a.yaml:2:"));
  EXPECT_THAT(refused("a: *nobody\n"), testing::HasSubstr("a.yaml:1:"));
  EXPECT_THAT(refused("a: 1\nb: 2\na: 3\n"),
              testing::HasSubstr(
                  "a.yaml:3:1: error: `a` stands here a second time; the first is on line 1"));
  EXPECT_THAT(refused("? [a]\n: b\n"), testing::HasSubstr("a key is text"));
}

TEST(Yaml, bounds_depth_and_aliases) {
  EXPECT_THAT(refused(std::string(100, '[') + std::string(100, ']')),
              testing::HasSubstr("nested more than 64"));
  EXPECT_THAT(refused("a: &a [*a]\n"), testing::HasSubstr("alias"));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += fmt::format(
        "a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i,
        i - 1);
  }
  EXPECT_THAT(refused(bomb), testing::HasSubstr("more than 100000 values"));
}

}  // namespace
}  // namespace weft::manifest
