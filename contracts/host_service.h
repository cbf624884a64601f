// Interfaces that the host itself serves to every component, without a link: configuration, log,
// secrets. A call of one is answered on the spot; no observer and no recorder sees it.
#pragma once
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "contracts/adapter.h"
#include "contracts/image.h"
#include "contracts/interface_name.h"

namespace weft::contracts {

enum class SecretKind { text, bytes };
struct SecretView {
  SecretKind kind = SecretKind::text;
  std::span<const std::byte> bytes;  // UTF-8 when it is a text
};

// The secrets of one component. Immutable, any thread.
class Secrets {
 public:
  virtual ~Secrets() = default;
  // Null: there is none of that name. The view lives as long as this.
  virtual const SecretView* find(std::string_view name) const = 0;
};

// What the guest of one call has of its own. Belongs to the thread of the call.
class Guest {
 public:
  virtual Handles& handles() = 0;
  // Of its component, as it was when this call asked first, overridden by what the link tells by
  // which the call came.
  virtual const std::map<std::string, std::string>& config() = 0;
  virtual void log(LogLevel level, std::string_view context, std::string_view message) = 0;
  // Null: its component was given no secret of that name.
  virtual const SecretView* find_secret(std::string_view name) = 0;

 protected:
  ~Guest() = default;
};

// Stateless: one object serves all threads. Handles travel in images as their u32 number; one that
// the guest drops is removed by the engine.
class HostService {
 public:
  virtual ~HostService() = default;
  // What guests may import from it: "wasi:config/store@0.2.0-draft".
  virtual std::span<const std::string_view> interfaces() const = 0;
  // The results. Errors end the guest's call: invalid (unknown function, malformed image, stale
  // handle), exhausted (handles).
  virtual Result<Image> call(const InterfaceName& interface, std::string_view function,
                             const Image& arguments, Guest& guest) const = 0;
};

// Each of them; they live as long as the program.
std::span<const HostService* const> host_services();
// By the exact interface, or null.
const HostService* find_host_service(const InterfaceName& name);

}  // namespace weft::contracts
