// Names to addresses, without blocking a serving thread.
#pragma once
#include <boost/asio/ip/address.hpp>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "net/listen.h"

namespace weft::net {

using Addresses = std::vector<boost::asio::ip::address>;

// Thread-safe.
class Resolver {
 public:
  // A question under way; dropping it means that nobody waits for the answer.
  class Lookup {
   public:
    virtual ~Lookup() = default;
  };
  virtual ~Resolver() = default;
  // `done` runs on `executor`, whose thread this is, after this has returned, unless the lookup was
  // dropped by then. not_found: there is no such name; unavailable: whoever knows does not answer,
  // or too many ask.
  virtual std::unique_ptr<Lookup> resolve(std::string host, Executor executor,
                                          std::function<void(Result<Addresses>)> done) = 0;
};

// Asks the system (getaddrinfo: hosts file, DNS) on threads of its own, a bounded number at once.
class SystemResolver final : public Resolver {
 public:
  struct Settings {
    std::size_t threads = 4;
    std::size_t waiting = 1024;  // questions that wait for a thread
  };
  SystemResolver() : SystemResolver(Settings{}) {}
  explicit SystemResolver(Settings settings);
  // Waits for questions that the system is being asked; those that wait are dropped.
  ~SystemResolver() override;
  std::unique_ptr<Lookup> resolve(std::string host, Executor executor,
                                  std::function<void(Result<Addresses>)> done) override;

 private:
  struct Question;
  class Asked;
  void serve();

  const Settings settings_;
  std::mutex mutex_;  // questions go to whichever thread is free
  std::condition_variable more_;
  std::deque<std::shared_ptr<Question>> questions_;  // guarded by mutex_
  std::size_t idle_ = 0;                             // guarded by mutex_
  bool stopping_ = false;                            // guarded by mutex_
  std::vector<std::thread> threads_;                 // guarded by mutex_; started when needed
};

}  // namespace weft::net
