#include "host/core.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>

namespace weft::host {
namespace {

class CoresTest : public testing::Test {
 protected:
  SystemClock clock_;
  SystemRandom random_;
  Log log_{{.level = LogLevel::off}, clock_, [](std::string_view) {}};
  std::unique_ptr<engine::Engine> engine_ =
      *engine::Engine::open({.threads = 3, .guests = 8, .cache = {}, .adapters = {}}, log_);
  engine::Reporter reporter_{log_};
  Cores cores_{3, {}, {*engine_, clock_, random_, log_, reporter_}};
};

TEST_F(CoresTest, do_work_on_every_thread_before_they_answer) {
  std::mutex mutex;
  std::set<std::thread::id> threads;

  cores_.everywhere([&](Core&) {
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });

  EXPECT_EQ(threads.size(), 3u);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST_F(CoresTest, tell_an_error_of_one_thread_after_all_have_finished) {
  std::atomic<int> finished = 0;

  const auto result = cores_.try_everywhere([&](Core& core) -> Result<> {
    ++finished;
    if (core.index() == 1) return fail(Errc::conflict, "the port is taken");
    return {};
  });

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "the port is taken");
  EXPECT_EQ(finished, 3);
}

}  // namespace
}  // namespace weft::host
