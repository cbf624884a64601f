// Compiled components kept on disk, so that a start needs no compiler.
//
// An artifact's file is named after what it was made from and what is in it:
// {SHA-256 of the component}-{engine hash}-{BLAKE2b of the file}.cwasm. Mapping a file that differs
// from what the engine wrote is undefined behaviour, so a file is hashed through the same
// descriptor that is then mapped, and one that does not match its name is removed. Files appear by
// rename, complete or not at all, so processes may share a folder. Nothing is evicted: the folder
// may be deleted at any time.
#pragma once
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include "base/log.h"
#include "engine/handles.h"

namespace weft::engine {

// Any thread. Never fails: what it cannot read or write it warns about, once per kind, and does
// without.
class ArtifactCache {
 public:
  // An empty folder: no cache. The folder is made when it is first written to, readable by its
  // owner only.
  ArtifactCache(std::filesystem::path folder, Log& log);

  // The artifact of the component with this digest, verified and mapped; null if there is none to
  // be trusted.
  ComponentHandle open(const eng_engine& engine, std::string_view digest, std::string_view name);
  void save(const eng_engine& engine, const eng_component& component, std::string_view digest,
            std::string_view name);

 private:
  ComponentHandle open_file(const eng_engine& engine, const std::filesystem::path& file,
                            std::string_view name);
  void warn_once(std::string_view what, std::string_view why);

  const std::filesystem::path folder_;
  Log& log_;
  std::mutex mutex_;       // components are loaded by several threads
  std::string warned_of_;  // guarded by mutex_: the first words of warnings given
};

}  // namespace weft::engine
