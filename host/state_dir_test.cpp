#include "host/state_dir.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace weft::host {
namespace {

namespace fs = std::filesystem;

class StateDirTest : public testing::Test {
 protected:
  StateDirTest() {
    std::string pattern = (fs::temp_directory_path() / "weft-state-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~StateDirTest() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(StateDirTest, makes_what_is_missing_and_opens_it_again) {
  const auto path = folder_ / "a" / "b";

  {
    const auto first = StateDir::open(path);
    ASSERT_TRUE(first) << first.error().message;
    ASSERT_TRUE(first->provider(ComponentId("shop-kv")));
  }

  EXPECT_TRUE(fs::is_directory(path / "providers" / "shop-kv"));
  EXPECT_TRUE(StateDir::open(path));
}

TEST_F(StateDirTest, is_held_by_one_host_and_names_it) {
  const auto first = StateDir::open(folder_);
  ASSERT_TRUE(first);

  const auto second = StateDir::open(folder_);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  EXPECT_NE(second.error().message.find("--state-dir"), std::string::npos);
}

TEST_F(StateDirTest, is_free_again_when_its_host_is_gone) {
  {
    ASSERT_TRUE(StateDir::open(folder_));
  }

  EXPECT_TRUE(StateDir::open(folder_));
}

TEST_F(StateDirTest, refuses_a_file_in_its_place) {
  std::ofstream(folder_ / "file") << "x";

  const auto opened = StateDir::open(folder_ / "file");

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::denied);
}

TEST_F(StateDirTest, refuses_the_layout_of_a_newer_weft_and_of_no_weft) {
  std::ofstream(folder_ / "version") << "99\n";
  const auto newer = StateDir::open(folder_);
  std::ofstream(folder_ / "version") << "rubbish\n";
  const auto rubbish = StateDir::open(folder_);

  ASSERT_FALSE(newer);
  EXPECT_NE(newer.error().message.find("newer weft"), std::string::npos);
  ASSERT_FALSE(rubbish);
  EXPECT_EQ(rubbish.error().code, Errc::invalid);
}

}  // namespace
}  // namespace weft::host
