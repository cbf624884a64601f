#include "engine/call/command.h"

#include <chrono>
#include <optional>
#include <utility>

namespace weft::engine {
namespace {

class Exit final : public CommandEnd {
 public:
  void on_exit(Result<std::uint32_t> code) noexcept override {
    pending.settled();
    code_ = std::move(code);
  }
  const std::optional<Result<std::uint32_t>>& code() const { return code_; }

  contracts::Pending pending;

 private:
  std::optional<Result<std::uint32_t>> code_;
};

}  // namespace

Result<std::uint32_t> run_command(Thread& thread, ComponentShard& shard,
                                  contracts::Context context) {
  Exit exit;
  auto pending = shard.run_command(std::move(context), exit);
  if (!exit.code()) exit.pending = std::move(pending);
  while (!exit.code() && !thread.loop.io().stopped()) thread.loop.step(std::chrono::seconds(1));
  return exit.code().value_or(fail(Errc::cancelled, "the program was stopped"));
}

}  // namespace weft::engine
