// Names to addresses, without blocking a serving thread.
#pragma once
#include <boost/asio/ip/address.hpp>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "net/listen.h"

namespace weft::net {

using Addresses = std::vector<boost::asio::ip::address>;

struct Query {
  std::string host;
  std::string asker;  // on whose behalf: one that asks much or slow names delays itself alone
};

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
  virtual std::unique_ptr<Lookup> resolve(Query query, Executor executor,
                                          std::function<void(Result<Addresses>)> done) = 0;
};

// Asks the system (getaddrinfo: hosts file, DNS) on threads of its own, a bounded number at once.
class SystemResolver final : public Resolver {
 public:
  struct Settings {
    std::size_t threads = 8;
    std::size_t threads_each = 2;  // for the questions of one asker
    std::size_t waiting = 1024;    // questions that wait for a thread
    std::size_t waiting_each = 256;
  };
  using Ask = std::function<Result<Addresses>(const std::string& host)>;
  SystemResolver();
  // `ask` blocks, on any of the threads.
  SystemResolver(Settings settings, Ask ask);
  // Waits for questions that the system is being asked; those that wait are dropped.
  ~SystemResolver() override;
  std::unique_ptr<Lookup> resolve(Query query, Executor executor,
                                  std::function<void(Result<Addresses>)> done) override;

 private:
  struct Question;
  class Asked;
  using Questions = std::deque<std::shared_ptr<Question>>;
  void serve();
  bool has_room(const std::string& asker);
  Questions::iterator next();

  const Settings settings_;
  const Ask ask_;
  std::mutex mutex_;  // questions go to whichever thread is free
  std::condition_variable more_;
  Questions questions_;                      // guarded by mutex_
  std::map<std::string, std::size_t> busy_;  // guarded by mutex_; threads of each asker
  std::size_t idle_ = 0;                     // guarded by mutex_
  bool stopping_ = false;                    // guarded by mutex_
  std::vector<std::thread> threads_;         // guarded by mutex_; started when needed
};

}  // namespace weft::net
