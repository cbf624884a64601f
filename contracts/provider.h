// A capability provider inside the host: what manifests may say of it, how it starts, what a thread
// calls. Only apps/ names concrete ones; the host and the command line get them as a list.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/result.h"
#include "contracts/invocation.h"

namespace weft::contracts {

// ---- what manifests may say of it: tables, also for people ----

enum class KeyPlace {
  provider,     // `config` of the capability
  link_source,  // `source.config` of a link that leaves the provider
  link_target,  // `target.config` of a link that leads to the provider, or `config` of the
                // capability for all its links
};

enum class KeySupport {
  taken,
  ignored,  // of 1.x, without effect here: a warning
  refused,  // of 1.x, and starting without it would be unsafe or plainly wrong: an error
};

struct ConfigKey {
  std::string_view key;  // in lower case; case does not count in manifests
  KeyPlace place;
  KeySupport support;
  std::string_view what;  // what it does
  std::string_view
      default_value;  // for people; of an untaken key the value that has no effect anyway, or empty
  std::string_view advice;  // of a key that is not taken: what to do
};

// Whether what components keep in a provider is there for its successor.
enum class Keeps { beyond_it, in_its_memory };

// Everything lives as long as the program.
struct ProviderInfo {
  std::string_view name;  // "weft:keyvalue-sqlite"
  std::string_view what;
  std::span<const std::string_view> aliases;  // 1.x packages of the same product, without tag
  std::span<const std::string_view>
      serves;  // interfaces with version that components may import from it
  std::span<const std::string_view> calls;  // interfaces with version that it calls in components
  std::span<const ConfigKey> keys;
  Keeps keeps = Keeps::beyond_it;
};

// ---- what runs ----

// What links of one thread with the same settings call. Made, used and destroyed on that thread.
class Endpoint : public Invoker {
 public:
  // Calls taken that are neither answered nor cancelled. While there are any, nobody destroys it
  // without need; if it is destroyed all the same, they are answered `unavailable` or dropped with
  // their callers.
  virtual std::size_t in_flight() const = 0;
};

// A link that leaves a provider, on one thread: its events reach `target` there.
struct SourceLink {
  ComponentId source;    // the provider
  LinkName link;         // with `contract` it says which link of the provider's
  std::string contract;  // "wasmcloud:messaging/handler@0.2.0": what is called in the target
  ComponentId target;
  Settings settings;  // those of the capability, overridden by those of the link's source config
  std::size_t thread = 0;  // of so many, each with a subscription of its own
  std::size_t threads = 1;
  std::uint64_t calls = 0;  // that the target takes at once in the whole process; 0: as many as fit
};

// Events of one link on one thread: calls of the target, made through the thread's switchboard with
// the provider as their source. Made, used and destroyed on that thread; destroyed, it ends its
// calls at once.
class Subscription {
 public:
  virtual ~Subscription() = default;
  // From now on events are taken. Once; the link is in force.
  virtual void start() = 0;
  // Whether the product knows of it: what happens from now on comes here. True for one that needs
  // nobody's word for that.
  virtual bool is_taking() const = 0;
  // No new event is taken; calls under way go on, and their events are acknowledged as ever.
  // A newer subscription of the same link may be at work already.
  virtual void stop() = 0;
  // Calls under way, and what waits for the product after them.
  virtual std::size_t in_flight() const = 0;
};

class Provider {
 public:
  // After close(), when every endpoint is gone.
  virtual ~Provider() = default;
  // `settings`: keys in lower case. Called on the thread whose executor this is, once for each
  // thread and each set of settings that a link has: those of the capability, overridden by those
  // of the link's target config. Does not wait for a product: one that is down makes calls fail,
  // not this. invalid: the settings, with the key that is wrong.
  virtual Result<std::unique_ptr<Endpoint>> open(boost::asio::io_context::executor_type executor,
                                                 const Settings& settings) = 0;
  // Like open(), for each link that leaves it: of those that call components (ProviderInfo::calls).
  // Nothing happens before start(). `calls` is the thread's switchboard and outlives the
  // subscription. The provider stays open until its subscriptions are gone.
  virtual Result<std::unique_ptr<Subscription>> subscribe(
      boost::asio::io_context::executor_type executor, const SourceLink& link, Invoker& calls);
  // Control thread. Blocks until every call it has taken is answered; the answers have then been
  // posted to their threads. A call that comes later is answered `unavailable`.
  virtual void close() = 0;
};

struct ProviderStart {
  ComponentId id;
  std::filesystem::path state;  // a folder of its own
  Settings config;              // of the capability
  const Clock& clock;           // outlives the provider
  Random& random;               // so does it, any thread
  Log& log;                     // so does it
};

// Whether two generations of one provider may run at the same time.
enum class Succession {
  side_by_side,  // the new one serves before the old one ends: no call notices
  after_close,   // it holds files: the old one closes first, calls in between are unavailable
};

// A line in apps/main.cpp.
struct ProviderKind {
  ProviderInfo info;
  Succession succession = Succession::side_by_side;
  // Control thread; may block for a disk, not for a network. Empty: the host itself is it.
  std::function<Result<std::unique_ptr<Provider>>(const ProviderStart&)> start;
};

}  // namespace weft::contracts
