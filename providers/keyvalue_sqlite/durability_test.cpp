// What an answer promises: that the write survives whatever happens to the process afterwards.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "providers/keyvalue_sqlite/keyvalue_sqlite.h"
#include "tests/contracts/keyvalue_sqlite.h"

namespace weft::providers::keyvalue_sqlite {
namespace {

namespace kv = contracts::keyvalue;
using tests::KeyValueCall;

struct Load {
  int callers;
  int rounds;  // 0: for ever
};

// Increments, all callers at once, and writes "ack\n" to `descriptor` for each answer.
void increment_and_acknowledge(const std::filesystem::path& folder, int descriptor, Load load) {
  Surroundings around;
  const auto store = KeyValueSqlite::start({folder, "kv"}, around.system_clock, around.log).value();
  UserHarness user(*store);
  for (int round = 0; load.rounds == 0 || round < load.rounds; ++round) {
    std::vector<std::unique_ptr<KeyValueCall>> calls;
    for (int c = 0; c < load.callers; ++c) {
      calls.push_back(
          std::make_unique<KeyValueCall>(user, "increment", kv::Item{"b", "n"}, std::int64_t{1}));
    }
    for (auto& call : calls) {
      if (!call->result<std::int64_t>()) return;
      if (::write(descriptor, "ack\n", 4) != 4) return;
    }
  }
}

std::int64_t count(const std::filesystem::path& folder) {
  Surroundings around;
  const auto store = KeyValueSqlite::start({folder, "kv"}, around.system_clock, around.log).value();
  UserHarness user(*store);
  return KeyValueCall(user, "increment", kv::Item{"b", "n"}, std::int64_t{0})
      .result<std::int64_t>()
      .value();
}

TEST(Durability, loses_no_answered_write_when_the_process_is_killed) {
  const ScratchFolder folder;
  std::int64_t acknowledged = 0;
  for (int round = 0; round < 8; ++round) {
    int pipes[2];
    ASSERT_EQ(::pipe2(pipes, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipes[0]);
      increment_and_acknowledge(folder.path(), pipes[1], {.callers = 8, .rounds = 0});
      ::_exit(1);
    }
    ::close(pipes[1]);
    const int enough = 20 + round * 7;
    std::size_t bytes = 0;
    char buffer[256];
    while (bytes < static_cast<std::size_t>(enough) * 4) {
      const auto got = ::read(pipes[0], buffer, sizeof buffer);
      ASSERT_GT(got, 0);
      bytes += static_cast<std::size_t>(got);
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    for (ssize_t got = 0; (got = ::read(pipes[0], buffer, sizeof buffer)) > 0;)
      bytes += static_cast<std::size_t>(got);
    ::close(pipes[0]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    acknowledged += static_cast<std::int64_t>(bytes / 4);

    const auto found = count(folder.path());

    EXPECT_GE(found, acknowledged);
    // At most those under way when it died were done without an answer.
    EXPECT_LE(found, acknowledged + 8);
    acknowledged = found;
  }
}

// Run by the test below, in a process of its own, under strace.
TEST(Durability, DISABLED_child_that_acknowledges) {
  const char* folder = ::getenv("WEFT_DURABILITY_FOLDER");
  ASSERT_NE(folder, nullptr);
  const int acks =
      ::open((std::string(folder) + "/acks").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(acks, 0);
  increment_and_acknowledge(std::string(folder) + "/state", acks, {.callers = 1, .rounds = 40});
}

struct Trace {
  int commits = 0;  // fdatasyncs of the log that covered something
  int acks = 0;
  int early = 0;  // acks with something of the log not covered, or without a commit of their own
};

bool has(const std::string& line, std::string_view part) {
  return line.find(part) != std::string::npos;
}

// Reads strace's lines. There is one caller: every ack must have its own commit before it.
Trace read_trace(const std::filesystem::path& file) {
  Trace trace;
  std::ifstream in(file);
  int uncovered = 0, unacknowledged = 0;
  for (std::string line; std::getline(in, line);) {
    const bool of_log = has(line, "kv.db-wal");
    if (of_log && has(line, "pwrite64(")) ++uncovered;
    // The line of a call that another thread interrupted names no file when it resumes.
    const bool synced = (of_log && has(line, "fdatasync(")) || has(line, "fdatasync resumed");
    if (synced && has(line, "= 0") && uncovered > 0) {
      ++trace.commits;
      uncovered = 0;
      unacknowledged = 1;
    }
    if (has(line, "\"ack\\n\"")) {
      ++trace.acks;
      if (uncovered > 0 || unacknowledged-- <= 0) ++trace.early;
    }
  }
  return trace;
}

TEST(Durability, answers_only_after_the_fdatasync_that_covers_the_write) {
  if (::system("strace -o /dev/null true >/dev/null 2>&1") != 0)
    FAIL() << "strace cannot trace here: apt-get install strace, and allow ptrace";
  const ScratchFolder folder;
  const auto trace_file = folder.path() / "trace";
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  ASSERT_EQ(::setenv("WEFT_DURABILITY_FOLDER", folder.path().c_str(), 1), 0);
  // The leak check of AddressSanitizer cannot run under a tracer.
  const std::string command =
      "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -y -e "
      "trace=fdatasync,fsync,pwrite64,write -o '" +
      trace_file.string() + "' '" + self +
      "' --gtest_also_run_disabled_tests "
      "--gtest_filter=Durability.DISABLED_child_that_acknowledges >/dev/null 2>&1";

  ASSERT_EQ(::system(command.c_str()), 0);
  const auto trace = read_trace(trace_file);

  EXPECT_EQ(trace.acks, 40);
  EXPECT_EQ(trace.early, 0);
  EXPECT_GE(trace.commits, 40);
}

}  // namespace
}  // namespace weft::providers::keyvalue_sqlite
