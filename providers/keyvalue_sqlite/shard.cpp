#include "providers/keyvalue_sqlite/shard.h"

#include <utility>

#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_sqlite/write.h"

namespace weft::providers::keyvalue_sqlite {

using contracts::keyvalue::Bytes;
using contracts::keyvalue::check_bucket;
using contracts::keyvalue::check_keys;
using contracts::keyvalue::check_pairs;
using contracts::keyvalue::Found;
using contracts::keyvalue::Item;
using contracts::keyvalue::Outcome;
using contracts::keyvalue::Page;
using contracts::keyvalue::Pair;
using contracts::keyvalue::Place;
using contracts::keyvalue::Snapshot;

namespace {

// A reader finds the file held only in moments of recovery, never by another host: the open would
// have failed.
Error reading(Error error) {
  if (error.code == Errc::conflict) error.code = Errc::unavailable;
  return error;
}

template <class T>
Result<T> reading(Result<T> result) {
  if (result) return result;
  return std::unexpected(reading(std::move(result).error()));
}

}  // namespace

Shard::Shard(Reader reader, Store& store, sqlite::Writer& writer,
             boost::asio::io_context::executor_type executor)
    : reader_(std::move(reader)),
      store_(store),
      lane_(std::make_shared<sqlite::Lane>(std::move(executor), writer)) {}

Shard::~Shard() { lane_->close(); }

template <class Operation>
void Shard::write(Result<> allowed, Operation operation, Answer<typename Operation::Value> answer) {
  if (!allowed) return std::move(answer)(std::unexpected(std::move(allowed).error()));
  std::unique_ptr<sqlite::Write> write =
      std::make_unique<WriteOf<Operation>>(lane_, store_, std::move(operation), std::move(answer));
  if (auto taken = lane_->send(write); !taken) {
    write->fail_with(std::move(taken).error());
    write->answer();
  }
}

void Shard::get(Item item, Answer<std::optional<Bytes>> answer) {
  auto done = check(item);
  Result<contracts::Image> image;
  if (done) {
    // The image is made while the value lies in the database's own memory; the caller runs after
    // that.
    done = reader_.get(item, [&](std::optional<Bytes> value) { image = answer.image(value); });
  }
  if (!done) return std::move(answer)(std::unexpected(reading(std::move(done).error())));
  std::move(answer).send(std::move(image));
}

void Shard::exists(Item item, Answer<bool> answer) {
  if (auto allowed = check(item); !allowed)
    return std::move(answer)(std::unexpected(std::move(allowed).error()));
  std::move(answer)(reading(reader_.exists(item)));
}

void Shard::list_keys(std::string_view bucket, Place from, std::uint32_t limit,
                      Answer<Page> answer) {
  if (auto allowed = check_bucket(bucket); !allowed) {
    return std::move(answer)(std::unexpected(std::move(allowed).error()));
  }
  std::move(answer)(reading(reader_.list(bucket, from, limit)));
}

void Shard::get_many(std::string_view bucket, std::vector<std::string_view> keys,
                     Answer<Found> answer) {
  if (auto allowed = check_keys(bucket, keys); !allowed) {
    return std::move(answer)(std::unexpected(std::move(allowed).error()));
  }
  std::move(answer)(reading(reader_.get_many(bucket, keys)));
}

void Shard::get_with_version(Item item, Answer<Snapshot> answer) {
  if (auto allowed = check(item); !allowed)
    return std::move(answer)(std::unexpected(std::move(allowed).error()));
  std::move(answer)(reading(reader_.snapshot(item)));
}

void Shard::set(Item item, Bytes value, Answer<void> answer) {
  write(check(item, value), Set{item, value}, std::move(answer));
}

void Shard::erase(Item item, Answer<void> answer) {
  write(check(item), Erase{item}, std::move(answer));
}

void Shard::increment(Item item, std::int64_t delta, Answer<std::int64_t> answer) {
  write(check(item), Increment{item, delta}, std::move(answer));
}

void Shard::set_many(std::string_view bucket, std::vector<Pair> pairs, Answer<void> answer) {
  auto allowed = check_pairs(bucket, pairs);
  write(std::move(allowed), SetMany{bucket, std::move(pairs)}, std::move(answer));
}

void Shard::erase_many(std::string_view bucket, std::vector<std::string_view> keys,
                       Answer<void> answer) {
  auto allowed = check_keys(bucket, keys);
  write(std::move(allowed), EraseMany{bucket, std::move(keys)}, std::move(answer));
}

void Shard::compare_and_swap(Item item, std::string_view version, Bytes value,
                             Answer<Outcome> answer) {
  write(check(item, value), Swap{item, version, value}, std::move(answer));
}

}  // namespace weft::providers::keyvalue_sqlite
