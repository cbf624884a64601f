#include "contracts/host_service.h"

#include <algorithm>
#include <array>

#include "contracts/config/wasi_config.h"
#include "contracts/logging/wasi_logging.h"
#include "contracts/secrets/wasmcloud_secrets.h"

namespace weft::contracts {

std::span<const HostService* const> host_services() {
  static const std::array<const HostService*, 3> all = {&config::service(), &logging::service(),
                                                        &secrets::service()};
  return all;
}

const HostService* find_host_service(const InterfaceName& name) {
  const auto text = name.text();
  for (const auto* service : host_services()) {
    if (std::ranges::find(service->interfaces(), text) != service->interfaces().end())
      return service;
  }
  return nullptr;
}

}  // namespace weft::contracts
