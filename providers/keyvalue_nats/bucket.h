// One bucket of NATS as one thread uses it: reads and writes of one key each, and what is wrong
// when there is no such bucket.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/calls.h"
#include "contracts/keyvalue/keyvalue.h"
#include "net/nats/client.h"
#include "net/nats/jetstream.h"
#include "providers/keyvalue_nats/names.h"
#include "providers/keyvalue_nats/settings.h"

namespace weft::providers::keyvalue_nats {

// On whose behalf something is done; it lives until all of it is.
class Asker {
 public:
  virtual ~Asker() = default;
  virtual MonotonicTime deadline() const = 0;
  virtual bool wanted() const = 0;
};
using AskerPtr = std::shared_ptr<const Asker>;

// A key's state.
struct Entry {
  std::uint64_t revision = 0;        // 0: there never was one
  std::optional<std::string> value;  // none: there is none, or it was deleted
};

// What a write says in its headers.
struct Condition {
  std::optional<std::uint64_t> revision;  // that the key must have
};
enum class Operation { put, erase };

class Bucket final {
 public:
  using Read = std::move_only_function<void(Result<Entry>)>;
  // The new revision; none: the condition was not met.
  using Wrote = std::move_only_function<void(Result<std::optional<std::uint64_t>>)>;

  // What surrounds it outlives it. Looks at once whether there is such a bucket, and makes it if
  // it may.
  Bucket(const Checked& checked, const net::nats::Client::Surroundings& around);

  // Sees every write that was answered before.
  void read(std::string_view name, AskerPtr asker, Read then);
  void write(Operation operation, const Name& name, std::string_view value, Condition condition,
             AskerPtr asker, Wrote then);

  net::nats::Client& client() { return client_; }
  const std::string& where() const { return client_.where(); }
  // "KV_BUCKET"
  const std::string& stream() const { return stream_; }
  // Of the key of that name, when it is read.
  std::string subject(std::string_view name) const;
  std::string api(std::string_view call) const { return prefix_ + std::string(call); }
  // When something that takes several requests must have ended.
  MonotonicTime latest(const Asker& asker) const {
    return std::min(asker.deadline(), clock_.now() + client_.settings().answer_limit);
  }
  // What an error of JetStream means to a caller.
  Error failure(const net::nats::ApiError& error) const;

 private:
  enum class Attempt { first, last };
  using Looked = std::move_only_function<void(Result<>)>;
  struct Write;

  void read_once(std::string name, AskerPtr asker, Read then, Attempt attempt);
  void write_once(std::unique_ptr<Write> write, Attempt attempt);
  // Asks what there is, or makes it; several who ask at once get one answer.
  void look(Looked then);
  void ask_for_stream();
  void create_stream();
  void looked(Result<> result);

  // Set at construction.
  const std::string bucket_;
  const std::string stream_;
  const std::string prefix_;      // of the API
  const std::string put_prefix_;  // of subjects that are written to
  const CreateBucket create_;
  Log& log_;
  const Clock& clock_;
  // What one server keeps alone it may be asked for directly: there is no copy that is behind.
  bool direct_ = false;
  bool told_ = false;  // that there is no such bucket
  std::vector<Looked> looking_;
  net::nats::Client client_;
};

}  // namespace weft::providers::keyvalue_nats
