#include "host/images.h"

#include <fmt/format.h>

#include <chrono>

#include "engine/wasm_file.h"

namespace weft::host {
namespace {

std::string size_text(std::size_t bytes) {
  const auto number = static_cast<double>(bytes);
  return bytes < 1'000'000 ? fmt::format("{:.0f} KB", number / 1e3)
                           : fmt::format("{:.1f} MB", number / 1e6);
}

// Tells what is being compiled and how long it took; says nothing of what the cache held.
class Progress {
 public:
  Progress(Log& log, const std::string& file, std::size_t bytes)
      : log_(log), file_(file), bytes_(bytes) {}

  void operator()(engine::LoadStage stage) {
    switch (stage) {
      case engine::LoadStage::found_in_cache:
        log_.debug("compiled component taken from the cache", {{"file", file_}});
        return;
      case engine::LoadStage::compiling:
        started_ = std::chrono::steady_clock::now();
        log_.info(fmt::format("compiling {} ({})", file_, size_text(bytes_)));
        return;
      case engine::LoadStage::compiled: {
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started_;
        log_.info(fmt::format("compiled {} in {:.2f} s", file_, took.count()));
        return;
      }
    }
  }

 private:
  Log& log_;
  const std::string& file_;
  const std::size_t bytes_;
  std::chrono::steady_clock::time_point started_;
};

Result<std::shared_ptr<const engine::Artifact>> load(engine::Engine& engine,
                                                     const std::string& file, Log& log) {
  TRY(auto wasm, engine::read_wasm(file));
  Progress progress(log, file, wasm.size());
  return engine.load(std::move(wasm), file, std::ref(progress));
}

// Null if it is to be read.
std::shared_ptr<const engine::Artifact> find_kept(const Images& kept,
                                                  const std::set<ComponentId>& anew,
                                                  const ComponentId& id, const std::string& path) {
  const auto known = kept.paths.find(id);
  if (known == kept.paths.end() || known->second != path || anew.contains(id)) return nullptr;
  return kept.artifacts.at(id);
}

}  // namespace

Images load_images(engine::Engine& engine, std::span<const contracts::Manifest> manifests, Log& log,
                   manifest::Findings& findings, const Images& kept,
                   const std::set<ComponentId>& anew) {
  Images images;
  for (const auto& manifest : manifests) {
    for (const auto& component : manifest.components) {
      if (component.kind != contracts::ComponentKind::component || !component.image) continue;
      if (component.image->kind != contracts::ImageKind::file) continue;
      const auto& path = component.image->resolved;
      auto artifact = find_kept(kept, anew, component.id, path);
      if (artifact == nullptr) {
        auto loaded = load(engine, path, log);
        if (!loaded) {
          findings.error(component.image->at, std::move(loaded).error().message);
          continue;
        }
        artifact = *std::move(loaded);
      }
      images.types.insert_or_assign(component.id,
                                    plan::Loaded{artifact->type(), artifact->digest()});
      images.paths.insert_or_assign(component.id, path);
      images.artifacts.insert_or_assign(component.id, std::move(artifact));
    }
  }
  return images;
}

}  // namespace weft::host
