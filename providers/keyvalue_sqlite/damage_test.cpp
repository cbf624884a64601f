#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "providers/keyvalue_sqlite/keyvalue_sqlite.h"
#include "providers/sqlite/sqlite.h"
#include "tests/contracts/keyvalue_sqlite.h"

namespace weft::providers::keyvalue_sqlite {
namespace {

namespace kv = contracts::keyvalue;
using tests::bytes;
using tests::KeyValueCall;

class DamagedStore : public testing::Test {
 protected:
  Result<std::unique_ptr<KeyValueSqlite>> open() {
    return KeyValueSqlite::start({folder.path(), "kv"}, around.system_clock, around.log);
  }
  // The error of an open that must fail; it names the file.
  Error refusal() {
    const auto store = open();
    if (store) {
      ADD_FAILURE() << "opened";
      return {};
    }
    EXPECT_NE(store.error().message.find(folder.path().string()), std::string::npos)
        << store.error().message;
    return store.error();
  }
  void write(std::string_view text) { std::ofstream(file, std::ios::binary) << text; }
  void fill(int keys) {
    const auto store = open().value();
    UserHarness user(*store);
    for (int i = 0; i < keys; ++i) {
      const auto key = "key" + std::to_string(i);
      EXPECT_TRUE((KeyValueCall(user, "set", kv::Item{"b", key}, bytes(std::string(3000, 'x')))
                       .result<void>()));
    }
  }

  ScratchFolder folder;
  Surroundings around;
  std::filesystem::path file = folder.path() / "kv.db";
};

TEST_F(DamagedStore, is_refused_when_the_file_is_no_database) {
  write(
      "This is a text, long enough to be read as the head of a database file, which it is not. "
      "Really not at all.");

  const auto error = refusal();

  EXPECT_EQ(error.code, Errc::invalid);
  EXPECT_NE(error.message.find("restore it from a backup"), std::string::npos);
}

TEST_F(DamagedStore, is_refused_when_the_database_belongs_to_another_program) {
  sqlite::Database::open(file, sqlite::Access::write).value().run("CREATE TABLE theirs(x)").value();

  const auto error = refusal();

  EXPECT_EQ(error.code, Errc::invalid);
  EXPECT_NE(error.message.find("another program"), std::string::npos);
}

TEST_F(DamagedStore, is_refused_when_a_newer_weft_wrote_it) {
  fill(1);
  sqlite::Database::open(file, sqlite::Access::write)
      .value()
      .run("PRAGMA user_version = 99")
      .value();

  const auto error = refusal();

  EXPECT_EQ(error.code, Errc::invalid);
  EXPECT_NE(error.message.find("newer Weft (its form is 99"), std::string::npos);
}

TEST_F(DamagedStore, begins_empty_when_the_file_is_empty) {
  write("");

  EXPECT_TRUE(open());
}

TEST_F(DamagedStore, answers_with_an_error_or_a_value_but_never_crashes_when_pages_are_damaged) {
  fill(50);
  std::string image;
  {
    std::ifstream in(file, std::ios::binary);
    image.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 30; ++round) {
    std::string damaged = image;
    for (int i = 0; i < 200; ++i)
      damaged[4096 + random() % (damaged.size() - 4096)] = static_cast<char>(random());
    if (round % 3 == 0) damaged.resize(damaged.size() / 2);
    write(damaged);
    std::filesystem::remove(file.string() + "-wal");
    const auto store = open();
    if (!store) {
      ++refused;
      continue;
    }
    UserHarness user(**store);
    for (int i = 0; i < 50; ++i) {
      const auto key = "key" + std::to_string(i);
      if (!KeyValueCall(user, "get", kv::Item{"b", key}).result<std::optional<kv::OwnedBytes>>())
        ++refused;
      if (!KeyValueCall(user, "increment", kv::Item{"b", key}, std::int64_t{1})
               .result<std::int64_t>())
        ++refused;
    }
  }

  EXPECT_GT(refused, 0);
}

TEST_F(DamagedStore, is_refused_when_another_holder_has_it_and_names_the_process) {
  const auto holder = open();
  ASSERT_TRUE(holder);

  const auto error = refusal();

  EXPECT_EQ(error.code, Errc::conflict);
  EXPECT_NE(error.message.find("process " + std::to_string(::getpid())), std::string::npos)
      << error.message;
}

TEST_F(DamagedStore, is_refused_to_another_process_and_free_again_when_the_holder_is_gone) {
  int ready[2];
  int leave[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(leave), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(leave[1]);
    const auto store = open();
    char byte = store ? 'y' : 'n';
    (void)!::write(ready[1], &byte, 1);
    (void)!::read(leave[0], &byte, 1);
    ::_exit(0);  // without a close, like a process that is killed
  }
  ::close(leave[0]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');

  const auto error = refusal();
  ::close(leave[1]);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);

  EXPECT_EQ(error.code, Errc::conflict);
  EXPECT_NE(error.message.find("process " + std::to_string(child)), std::string::npos)
      << error.message;
  EXPECT_TRUE(open());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(DamagedStore, cannot_be_opened_by_another_program_while_it_is_in_use) {
  fill(1);
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  // Before the open: a process that is forked later would take SQLite's locks for its own.
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    (void)!::read(go[0], &byte, 1);
    auto theirs = sqlite::Database::open(file, sqlite::Access::write);
    const auto entries =
        theirs ? theirs->number("SELECT count(*) FROM entries") : fail(Errc::conflict, "");
    ::_exit(!entries && entries.error().code == Errc::conflict ? 0 : 1);
  }
  const auto holder = open();
  ASSERT_TRUE(holder);
  ASSERT_EQ(::write(go[1], "x", 1), 1);

  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);

  EXPECT_EQ(status, 0);
  ::close(go[0]);
  ::close(go[1]);
}

// What `body` answers in a process of its own, which may give up rights and change limits.
template <class F>
int in_a_child(F&& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(DamagedStore, is_refused_in_a_folder_that_cannot_be_written) {
  std::filesystem::permissions(
      folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec |
                         std::filesystem::perms::others_read | std::filesystem::perms::others_exec);

  const int code = in_a_child([&] {
    constexpr uid_t k_nobody = 65534;
    if (::geteuid() == 0 && (::setgid(k_nobody) != 0 || ::setuid(k_nobody) != 0)) return 2;
    return refusal().code == Errc::denied ? 0 : 1;
  });

  EXPECT_EQ(code, 0);
}

TEST_F(DamagedStore, answers_errors_while_the_disk_takes_no_more_and_goes_on_when_it_does) {
  fill(1);

  const int code = in_a_child([&] {
    const auto store = open();
    if (!store) return 1;
    UserHarness user(**store);
    const std::string large(1'000'000, 'x');
    const auto set = [&](std::string_view value) {
      return KeyValueCall(user, "set", kv::Item{"b", "large"}, bytes(value)).wait();
    };
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{100'000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto refused = set(large);
    if (refused || refused.error().code != Errc::unavailable) return 2;
    if (!KeyValueCall(user, "get", kv::Item{"b", "key0"}).wait()) return 3;
    ::setrlimit(RLIMIT_FSIZE, &before);
    if (!set(large)) return 4;
    // One line for the failure and one for the recovery.
    return std::ranges::count(around.logged, '\n') == 2 ? 0 : 5;
  });

  EXPECT_EQ(code, 0);
}

TEST_F(DamagedStore, is_refused_where_the_folder_is_a_file_or_cannot_be_made) {
  write("a file");
  const auto below_a_file =
      KeyValueSqlite::start({file / "state", "kv"}, around.system_clock, around.log);
  const auto a_file = KeyValueSqlite::start({file, "kv"}, around.system_clock, around.log);
  const auto nowhere = KeyValueSqlite::start({"/proc/weft", "kv"}, around.system_clock, around.log);

  EXPECT_EQ(below_a_file.error().code, Errc::denied);
  EXPECT_EQ(a_file.error().code, Errc::invalid);
  EXPECT_EQ(nowhere.error().code, Errc::denied);
}

}  // namespace
}  // namespace weft::providers::keyvalue_sqlite
