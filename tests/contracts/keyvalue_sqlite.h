// What the tests of keyvalue_sqlite share: a scratch folder, and a thread that uses a store in it.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "providers/keyvalue_sqlite/keyvalue_sqlite.h"
#include "tests/contracts/keyvalue_client.h"

namespace weft::providers::keyvalue_sqlite {

class ScratchFolder final {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "weft-keyvalue-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no scratch folder";
    path_ = name;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code error;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, error);
    std::filesystem::remove_all(path_, error);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Outlives every store of a test.
struct Surroundings {
  SystemClock system_clock;
  std::string logged;
  Log log{{.level = LogLevel::debug}, system_clock, [this](std::string_view line) {
            logged.append(line);
          }};
};

// One thread that uses a store: its loop and its shard.
class UserHarness final : public tests::KeyValueHarness {
 public:
  explicit UserHarness(KeyValueSqlite& store)
      : endpoint_(store.open(context_.get_executor(), {}).value()) {}
  contracts::Endpoint& store() override { return *endpoint_; }
  void run_some() override { context_.run_one(); }

 private:
  boost::asio::io_context context_{1};
  // A write under way is no work that the context knows of.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  std::unique_ptr<contracts::Endpoint> endpoint_;
};

}  // namespace weft::providers::keyvalue_sqlite
