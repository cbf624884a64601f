#include "engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "contracts/limits.h"
#include "engine/component_type.h"
#include "engine/digest.h"
#include "engine/wasm_file.h"

namespace weft::engine {
namespace {

constexpr std::uint64_t k_page = 64 << 10;

// A way to place guests' memories, best first.
struct Mode {
  bool pooling;
  std::uint64_t slot;
  std::string name;
};

std::array<Mode, 3> modes(const EngineSettings& settings) {
  const std::uint64_t slot = (settings.largest_memory + k_page - 1) / k_page * k_page;
  const auto size = contracts::limit_text(contracts::LimitUnit::bytes, slot);
  return {Mode{true, 0, "pooling, 4 GiB slots"},
          Mode{true, slot, fmt::format("pooling, slots of {} with bounds checks", size)},
          Mode{false, 0, "memory on demand"}};
}

eng_options options(const EngineSettings& settings, const Mode& mode) {
  eng_options options{};
  options.pooling = mode.pooling;
  options.pool_size = settings.guests;
  options.threads = settings.threads;
  // A list of a MiB and what a guest needs beside it: the last pages of such a call would else go
  // back to the kernel and come again each time.
  options.keep_resident = (1 << 20) + (256 << 10);
  options.tick_us = static_cast<std::uint32_t>(settings.tick.count());
  options.slot = mode.slot;
  options.max_memory = mode.slot;
  options.cores = contracts::k_most_core_instances;
  options.table_elements = contracts::k_most_table_elements;
  return options;
}

}  // namespace

Engine::Engine(EngineSettings settings, EngineHandle handle, Log& log)
    : settings_(std::move(settings)), handle_(std::move(handle)), cache_(settings_.cache, log) {}

std::string engine_version() { return std::string(view(eng_version())); }

Result<std::unique_ptr<Engine>> Engine::open(EngineSettings settings, Log& log) {
  std::string reasons;
  for (const auto& mode : modes(settings)) {
    const auto wanted = options(settings, mode);
    Text failure;
    EngineHandle handle(eng_engine_new(&wanted, Text::take, &failure));
    if (!handle) {
      reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", mode.name, failure.text);
      continue;
    }
    if (!reasons.empty()) {
      log.warn(fmt::format("address space is short (see `ulimit -v`): guests run with {}, slower",
                           mode.name),
               {{"reason", reasons}});
    }
    return std::unique_ptr<Engine>(new Engine(std::move(settings), std::move(handle), log));
  }
  return fail(Errc::exhausted, "the engine cannot start: " + reasons);
}

std::uint32_t Engine::guests_per_thread() const {
  return std::max(1u, settings_.guests / std::max(1u, settings_.threads));
}

Result<std::shared_ptr<const Artifact>> Engine::load(std::string wasm, std::string name,
                                                     const LoadProgress& progress) {
  std::string digest = sha256_hex(wasm);
  {
    const std::lock_guard lock(mutex_);
    if (auto loaded = loaded_[digest].lock()) return loaded;
  }
  TRY(ComponentHandle component, compile(wasm, digest, name, progress));
  Text json;
  Text failure;
  if (!eng_component_describe(component.get(), Text::take, &json, Text::take, &failure)) {
    return fail(Errc::internal, fmt::format("{}: {}", name, failure.text));
  }
  TRY(auto type, parse_component_type(json.text).context(name));
  auto made =
      std::make_shared<const Artifact>(std::move(name), digest, std::move(wasm),
                                       std::move(component), std::move(type), settings_.adapters);
  const std::lock_guard lock(mutex_);
  std::erase_if(loaded_, [](const auto& entry) { return entry.second.expired(); });
  // Another thread may have loaded the same meanwhile.
  if (auto loaded = loaded_[digest].lock()) return loaded;
  loaded_[digest] = made;
  return made;
}

Result<ComponentHandle> Engine::compile(const std::string& wasm, const std::string& digest,
                                        const std::string& name, const LoadProgress& progress) {
  const auto tell = [&progress](LoadStage stage) {
    if (progress) progress(stage);
  };
  // A digest that is in the cache was checked when it was compiled.
  if (auto kept = cache_.open(*handle_, digest, name)) {
    tell(LoadStage::found_in_cache);
    return kept;
  }
  TRY_OK(check_component(wasm, name));
  tell(LoadStage::compiling);
  Text failure;
  ComponentHandle component(eng_component_new(handle_.get(), slice(wasm), Text::take, &failure));
  if (!component)
    return fail(Errc::invalid, fmt::format("{} cannot be compiled: {}", name, failure.text));
  tell(LoadStage::compiled);
  cache_.save(*handle_, *component, digest, name);
  return component;
}

}  // namespace weft::engine
