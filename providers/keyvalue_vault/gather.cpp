#include "providers/keyvalue_vault/gather.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "contracts/keyvalue/capabilities.h"

namespace weft::providers::keyvalue_vault {
namespace {

namespace kv = contracts::keyvalue;

constexpr std::size_t k_at_once = 32;

kv::OwnedBytes owned_value(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

struct Wanted {
  std::size_t times = 0;
  std::optional<std::string> value;
};

// Lives while any of its reads does.
class Gathering final : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(Store& store, Calls::Token token, std::string_view bucket,
            std::vector<std::string_view> keys, kv::Answer<kv::Found> answer)
      : token_(std::move(token)),
        store_(store),
        bucket_(bucket),
        keys_(std::move(keys)),
        deadline_(store.latest(answer.context().deadline)),
        answer_(std::move(answer)) {
    for (const auto key : keys_) ++wanted_[key].times;
    next_ = wanted_.begin();
  }
  void start() {
    for (std::size_t i = 0; i < k_at_once; ++i) ask_next();
    if (wanted_.empty()) answer();
  }
  bool wanted() const { return answer_ && answer_->wanted(); }
  MonotonicTime deadline() const { return deadline_; }
  void on_value(Wanted& key, Result<std::optional<std::string>> value) {
    if (!answer_) return;
    if (!value) return fail(std::move(value).error());
    key.value = *std::move(value);
    if (key.value) bytes_ += key.value->size() * key.times;
    if (auto allowed = kv::check_found(bytes_); !allowed) return fail(std::move(allowed).error());
    if (++found_ == wanted_.size()) return answer();
    ask_next();
  }
  void fail(Error error) {
    if (auto answer = std::exchange(answer_, std::nullopt))
      (*std::move(answer))(std::unexpected(std::move(error)));
  }

 private:
  class Read;
  void ask_next();
  void answer() {
    kv::Found found;
    for (const auto key : keys_) {
      const auto& value = wanted_.at(key).value;
      if (value) {
        found.emplace_back(std::tuple(std::string(key), owned_value(*value)));
      } else {
        found.emplace_back();
      }
    }
    if (auto answer = std::exchange(answer_, std::nullopt)) (*std::move(answer))(std::move(found));
  }

  const Calls::Token token_;  // ends last
  Store& store_;
  const std::string_view bucket_;  // of the answer's arguments, as are the keys
  const std::vector<std::string_view> keys_;
  const MonotonicTime deadline_;
  std::optional<kv::Answer<kv::Found>> answer_;
  std::map<std::string_view, Wanted> wanted_;
  std::map<std::string_view, Wanted>::iterator next_;
  std::size_t found_ = 0, bytes_ = 0;
};

class Gathering::Read final : public Op {
 public:
  Read(std::shared_ptr<Gathering> gathering, std::string_view key, Wanted& wanted)
      : gathering_(std::move(gathering)), key_(key), wanted_(wanted) {}
  Kind kind() const noexcept override { return Kind::read; }
  MonotonicTime deadline() const noexcept override { return gathering_->deadline(); }
  std::size_t bytes() const noexcept override { return 0; }
  bool wanted() const noexcept override { return gathering_->wanted(); }
  bool apply(Secret& secret) noexcept override {
    return value_.emplace(value_of(secret, Layout::secret_per_key, key_)).has_value();
  }
  void settle() noexcept override {
    if (value_) gathering_->on_value(wanted_, *std::move(value_));
  }
  void fail(Error error) noexcept override { gathering_->fail(std::move(error)); }

 private:
  const std::shared_ptr<Gathering> gathering_;
  const std::string_view key_;
  Wanted& wanted_;
  std::optional<Result<std::optional<std::string>>> value_;
};

void Gathering::ask_next() {
  if (!answer_ || next_ == wanted_.end()) return;
  auto& [key, wanted] = *next_++;
  const auto path = folder_of(bucket_) + segment(key);
  store_.add(path, std::make_unique<Read>(shared_from_this(), key, wanted));
}

}  // namespace

void gather(Store& store, Calls::Token token, std::string_view bucket,
            std::vector<std::string_view> keys, kv::Answer<kv::Found> answer) {
  std::make_shared<Gathering>(store, std::move(token), bucket, std::move(keys), std::move(answer))
      ->start();
}

}  // namespace weft::providers::keyvalue_vault
