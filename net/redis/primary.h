// Where the primary server of a name is, as its sentinels know it.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/alarm.h"
#include "base/result.h"
#include "net/redis/address.h"
#include "net/redis/connection.h"
#include "net/redis/reply.h"

namespace weft::net::redis {

// Asks one sentinel after the other until one knows. One thread; dropping it ends it.
class PrimaryLookup final : private ConnectionUser {
 public:
  using Done = std::function<void(Result<HostPort>)>;
  // `done` is called once, never from within this, and may drop the lookup. unavailable: none
  // knows; the message has what each of them said. `sentinels`, what is in `way`, and `first`
  // outlive this; `first` is the one to ask first, and then the one that answered.
  PrimaryLookup(const Way& way, const Sentinels& sentinels, std::size_t& first, Done done);
  PrimaryLookup(const PrimaryLookup&) = delete;
  PrimaryLookup& operator=(const PrimaryLookup&) = delete;
  ~PrimaryLookup() = default;

 private:
  void ask();
  const HostPort& asked() const;
  // The one that is asked is of no use.
  void next(std::string_view why);
  void finish(Result<HostPort> found);

  void on_open() override;
  void on_bytes(std::span<const char> bytes) override;
  void on_progress() override {}
  void on_written() override {}
  void on_broken(Error error) override { next(error.message); }

  // Set at construction.
  const Way way_;
  const Sentinels& sentinels_;
  std::size_t& first_;
  Done done_;
  // Of the one that is asked.
  std::size_t tried_ = 0;  // before it
  std::unique_ptr<Connection> connection_;
  ReplyReader reader_;
  std::string question_;
  Alarm alarm_;

  std::string troubles_;  // of those before
};

}  // namespace weft::net::redis
