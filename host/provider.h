// A capability provider inside the host, as the host sees it: something that opens, gives each
// thread an invoker of its own, and closes. Only apps/ includes concrete ones; what manifests may
// say of them stands in host/manifest/providers.cpp.
#pragma once
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/result.h"
#include "contracts/invocation.h"

namespace weft::host {

class Provider {
 public:
  // After close(), when every shard is gone.
  virtual ~Provider() = default;
  // Called on the thread whose executor this is; the invoker lives and dies there.
  virtual Result<std::unique_ptr<contracts::Invoker>> shard(
      boost::asio::io_context::executor_type executor) = 0;
  // Blocks until every call it has taken is answered; the answers have then been posted to their
  // threads. A call that comes later is answered `unavailable`.
  virtual void close() = 0;
};

struct ProviderStart {
  ComponentId id;
  std::filesystem::path state;                // a folder of its own
  std::map<std::string, std::string> config;  // as in the manifest, keys in lower case
  const Clock& clock;                         // outlives the provider
  Log& log;                                   // outlives the provider
};

using ProviderFactory = std::function<Result<std::unique_ptr<Provider>>(const ProviderStart&)>;

// By the name that images resolve to: "weft:keyvalue-sqlite".
using ProviderFactories = std::map<std::string, ProviderFactory, std::less<>>;

}  // namespace weft::host
