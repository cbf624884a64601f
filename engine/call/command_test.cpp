#include "engine/call/command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/call/test_rig.h"

namespace weft::engine::test {
namespace {

// Runs the tool with these words; what it prints goes to the log.
Result<std::uint32_t> run(Rig& rig, std::vector<std::string> words,
                          const std::function<void(ComponentSpec&)>& change = {}) {
  auto& shard = rig.shard("tool", [&](ComponentSpec& spec) {
    words.insert(words.begin(), "tool");
    spec.arguments = words;
    if (change) change(spec);
  });
  return run_command(*rig.thread, shard, {});
}

TEST(Command, passes_arguments_environment_and_exit_code) {
  Rig rig;

  EXPECT_EQ(*run(rig, {"args", "a", "b c"}), 0u);
  EXPECT_EQ(
      *run(rig, {"env", "COLOUR"}, [](ComponentSpec& spec) { spec.config = {{"COLOUR", "blue"}}; }),
      0u);
  // WASI 0.2 tells success from failure, no more.
  EXPECT_EQ(*run(rig, {"exit", "42"}), 1u);
  EXPECT_EQ(*run(rig, {"fail"}), 1u);
  EXPECT_EQ(rig.lines.count("a,b c"), 1) << rig.lines.all();
  EXPECT_EQ(rig.lines.count(" blue"), 1) << rig.lines.all();
}

TEST(Command, sees_the_folders_it_was_granted_and_no_other) {
  Rig rig;
  const auto folder = std::filesystem::path(testing::TempDir()) / "weft-command-test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "note.txt") << "from the host";
  const auto grant = [&](ComponentSpec& spec) { spec.dirs = {{folder.string(), "/data"}}; };

  EXPECT_EQ(*run(rig, {"read", "/data/note.txt"}, grant), 0u);
  EXPECT_EQ(*run(rig, {"write", "/data/note.txt", "changed"}, grant), 1u);
  EXPECT_EQ(*run(rig, {"read", "/etc/passwd"}, grant), 1u);
  EXPECT_EQ(rig.lines.count("from the host"), 1);
  std::filesystem::remove_all(folder);
}

TEST(Command, sleeps_by_the_loops_timer) {
  Rig rig;

  EXPECT_EQ(*run(rig, {"sleep", "30"}), 0u);
}

TEST(Command, may_take_longer_than_a_response) {
  Rig rig;

  const auto ended = run(rig, {"sleep", "60"},
                         [](ComponentSpec& spec) { spec.limits.response_time = 10'000'000; });

  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(*ended, 0u);
}

TEST(Command, that_traps_is_an_error) {
  Rig rig;

  const auto ended = run(rig, {"panic"});

  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::trapped);
}

TEST(Command, needs_a_component_that_is_a_program) {
  Rig rig;
  auto& echo = rig.shard("echo");

  const auto ended = run_command(*rig.thread, echo, {});

  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::invalid);
}

TEST(Command, cannot_be_opened_on_a_folder_that_is_not_there) {
  Rig rig;
  const auto component = rig.component(
      "tool", [](ComponentSpec& spec) { spec.dirs = {{"/no/such/folder", "/data"}}; });

  const auto opened = ComponentShard::open(component, *rig.thread, rig.no_imports);

  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("/no/such/folder"), std::string::npos)
      << opened.error().message;
}

}  // namespace
}  // namespace weft::engine::test
