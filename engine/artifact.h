// A compiled component: what all its deployments on all threads share.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "contracts/adapter.h"
#include "contracts/component_type.h"
#include "contracts/host_service.h"
#include "contracts/image.h"
#include "engine/handles.h"

namespace weft::engine {

// One imported function, as the linker knows it. Whose call it is comes with the call, not with the
// slot.
struct ImportSlot {
  contracts::InterfaceName name;
  std::string interface;  // with version, as imported
  std::string function;
  const contracts::HostService* service = nullptr;  // the host itself answers; else
  const contracts::Adapter* adapter = nullptr;      // null: the call leaves as it is
  std::size_t index = 0;                            // among the slots of the artifact
};

// An artifact made ready to be instantiated.
struct Linked {
  std::vector<std::unique_ptr<ImportSlot>> slots;
  PreHandle pre;
  HttpHandle http;  // null if it does not answer HTTP
};

enum class WaveSide { parameters, result };

// Immutable, any thread.
class Artifact {
 public:
  Artifact(std::string name, std::string digest, std::string wasm, ComponentHandle component,
           contracts::ComponentType type, std::vector<const contracts::Adapter*> adapters);
  ~Artifact();

  const std::string& name() const { return name_; }      // for messages: the file it came from
  const std::string& digest() const { return digest_; }  // SHA-256 of the binary, hex
  const std::string& wasm() const { return wasm_; }  // the binary, kept for the lines of backtraces
  const contracts::ComponentType& type() const { return type_; }
  const eng_component& component() const { return *component_; }

  // Defines every import that is not built in. The same object every time. invalid: an import has a
  // type that cannot cross to the host, or hands out resources that nobody here understands.
  Result<const Linked*> linked(const eng_engine& engine) const;

  // Values as people write them (WAVE) for a function that the component exports or imports.
  Result<std::string> print(std::string_view interface, std::string_view function, WaveSide side,
                            const contracts::Image& image) const;
  Result<contracts::Image> parse(std::string_view interface, std::string_view function,
                                 WaveSide side, std::string_view text) const;

 private:
  Result<std::unique_ptr<const Linked>> link(const eng_engine& engine) const;
  Result<> define(eng_linker& linker, const contracts::InterfaceType& import, Linked& linked) const;
  const contracts::Adapter* adapter_of(const contracts::InterfaceName& name) const;

  const std::string name_;
  const std::string digest_;
  const std::string wasm_;
  const ComponentHandle component_;
  const contracts::ComponentType type_;
  const std::vector<const contracts::Adapter*> adapters_;
  mutable std::mutex mutex_;  // the first to need it links, on whatever thread
  mutable std::optional<Result<std::unique_ptr<const Linked>>> linked_;  // guarded by mutex_
};

}  // namespace weft::engine
