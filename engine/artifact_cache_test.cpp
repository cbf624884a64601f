#include "engine/artifact_cache.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "engine/call/test_rig.h"

namespace weft::engine::test {
namespace {

namespace fs = std::filesystem;

// An engine with a cache in a folder of its own, and what it logged.
struct CacheTest : testing::Test {
  CacheTest() {
    std::string pattern = testing::TempDir() + "/weft-cache-XXXXXX";
    root = ::mkdtemp(pattern.data());
    folder = root / "artifacts";
  }
  ~CacheTest() override { fs::remove_all(root); }

  // How the component was come by: "compiled" or "found".
  std::string load(const fs::path& where) {
    auto engine = Engine::open({.guests = 4, .cache = where}, log);
    if (!engine) return engine.error().message;
    std::string how = "none";
    auto loaded = (*engine)->load(guest_bytes("echo"), "echo.wasm", [&](LoadStage stage) {
      how = stage == LoadStage::found_in_cache ? "found" : "compiled";
    });
    return loaded ? how : loaded.error().message;
  }
  fs::path only_file() const {
    fs::path file;
    int count = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
      file = entry.path();
      ++count;
    }
    EXPECT_EQ(count, 1);
    return file;
  }

  fs::path root, folder;
  SystemClock clock;
  Lines lines;
  Log log{{}, clock, [this](std::string_view line) { lines.add(line); }};
};

TEST_F(CacheTest, removes_what_a_writer_left_an_hour_ago) {
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
  const fs::path old = folder / ".new-abcdef", fresh = folder / ".new-ghijkl";
  for (const auto& file : {old, fresh}) std::ofstream(file) << "half";
  fs::last_write_time(old, fs::last_write_time(old) - std::chrono::hours(2));

  EXPECT_EQ(load(folder), "compiled");

  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(fresh));
}

TEST_F(CacheTest, spares_the_second_start_the_compiler) {
  EXPECT_EQ(load(folder), "compiled");
  EXPECT_EQ(load(folder), "found");

  EXPECT_EQ(lines.all(), "");
  EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
}

// Changes one bit of one byte.
void damage(const fs::path& file, std::uintmax_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(at));
  const int byte = stream.get();
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(static_cast<char>(byte ^ 1));
}

TEST_F(CacheTest, compiles_a_damaged_file_again_with_one_warning) {
  ASSERT_EQ(load(folder), "compiled");
  damage(only_file(), 5000);

  EXPECT_EQ(load(folder), "compiled");
  EXPECT_EQ(load(folder), "found");

  EXPECT_EQ(lines.count("is not what was saved"), 1) << lines.all();
  EXPECT_NE(lines.all().find("echo.wasm"), std::string::npos);
}

TEST_F(CacheTest, notices_one_bit_wherever_it_changed) {
  ASSERT_EQ(load(folder), "compiled");
  const auto size = fs::file_size(only_file());

  for (const auto at : {std::uintmax_t{0}, size / 2, size - 1}) {
    damage(only_file(), at);

    EXPECT_EQ(load(folder), "compiled") << at << " of " << size;
  }

  EXPECT_EQ(load(folder), "found");
}

TEST_F(CacheTest, compiles_again_what_the_system_does_not_map) {
  // A file may be larger than all addresses of a process only here.
  std::string pattern = "/dev/shm/weft-cache-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  fs::remove_all(root);
  root = pattern;
  folder = root / "artifacts";
  ASSERT_EQ(load(folder), "compiled");
  const auto size = fs::file_size(only_file());
  fs::resize_file(only_file(), std::uintmax_t{1} << 60);

  EXPECT_EQ(load(folder), "compiled");

  EXPECT_EQ(fs::file_size(only_file()), size) << "saved once more";
  EXPECT_EQ(load(folder), "found");
  EXPECT_EQ(lines.all(), "") << "nothing is said to be wrong with the file";
}

TEST_F(CacheTest, does_not_trust_a_truncated_file_or_one_that_others_may_write) {
  ASSERT_EQ(load(folder), "compiled");
  fs::resize_file(only_file(), 100);
  EXPECT_EQ(load(folder), "compiled");
  fs::permissions(only_file(), fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(load(folder), "compiled");
  EXPECT_EQ(load(folder), "found");
}

TEST_F(CacheTest, does_not_use_a_folder_that_others_may_write) {
  ASSERT_EQ(load(folder), "compiled");
  fs::permissions(folder, fs::perms::others_write, fs::perm_options::add);

  EXPECT_EQ(load(folder), "compiled");

  EXPECT_EQ(lines.count("the artifact cache is not used"), 1) << lines.all();
}

TEST_F(CacheTest, does_without_a_folder_that_cannot_be_made) {
  std::ofstream(root / "file") << "x";

  EXPECT_EQ(load(root / "file" / "artifacts"), "compiled");

  EXPECT_EQ(lines.count("compiled components are not kept"), 1) << lines.all();
}

TEST_F(CacheTest, does_without_when_the_disk_is_full) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);

  const auto how = load(folder);

  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(how, "compiled");
  EXPECT_EQ(lines.count("compiled components are not kept"), 1) << lines.all();
  EXPECT_TRUE(fs::is_empty(folder)) << "nothing half-written is left";
}

TEST_F(CacheTest, is_shared_by_two_processes) {
  // The other process is this program again, doing only the test below.
  ::setenv("WEFT_CACHE_TEST", folder.c_str(), 1);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/proc/self/exe", "engine_test", "--gtest_filter=CacheTest.serves_the_other_process",
            nullptr);
    ::_exit(127);
  }
  ::unsetenv("WEFT_CACHE_TEST");

  for (int i = 0; i < 3; ++i) {
    const auto how = load(folder);
    EXPECT_TRUE(how == "compiled" || how == "found") << how;
  }

  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(lines.all(), "");
  EXPECT_EQ(load(folder), "found");
}

TEST_F(CacheTest, serves_the_other_process) {
  const char* shared = std::getenv("WEFT_CACHE_TEST");
  for (int i = 0; i < 3; ++i) {
    const auto how = load(shared == nullptr ? folder : fs::path(shared));
    EXPECT_TRUE(how == "compiled" || how == "found") << how;
  }
  EXPECT_EQ(lines.all(), "");
}

}  // namespace
}  // namespace weft::engine::test
