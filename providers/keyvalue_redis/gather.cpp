#include "providers/keyvalue_redis/gather.h"

#include <string>
#include <tuple>
#include <unordered_map>

#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_redis/errors.h"

namespace weft::providers::keyvalue_redis {

namespace kv = contracts::keyvalue;
using net::redis::Kind;
using net::redis::Reply;

Gather::Gather(Calls::Token token, std::string_view where, std::vector<std::string_view> keys,
               kv::Answer<kv::Found> answer)
    : token_(std::move(token)), where_(where), keys_(std::move(keys)), answer_(std::move(answer)) {
  std::unordered_map<std::string_view, std::size_t> known;
  for (const auto key : keys_) {
    const auto [name, is_new] = known.try_emplace(key, names_.size());
    if (is_new) {
      names_.push_back(key);
      times_.push_back(0);
    }
    places_.push_back(name->second);
    ++times_[name->second];
  }
  values_.resize(names_.size());
}

class Gather::Part final : public net::redis::Outcome {
 public:
  Part(std::shared_ptr<Gather> gather, std::vector<std::size_t> names)
      : gather_(std::move(gather)), names_(std::move(names)) {}
  void on_reply(const Reply& reply) noexcept override {
    if (auto taken = gather_->take(reply, names_); !taken)
      return gather_->fail_with(std::move(taken).error());
    if (--gather_->left_ == 0) gather_->answer();
  }
  void on_failure(Error error) noexcept override { gather_->fail_with(std::move(error)); }
  bool wanted() const noexcept override {
    const auto& answer = gather_->answer_;
    return answer && answer->wanted();
  }

 private:
  const std::shared_ptr<Gather> gather_;
  const std::vector<std::size_t> names_;
};

std::unique_ptr<net::redis::Outcome> Gather::outcome(std::shared_ptr<Gather> gather,
                                                     std::vector<std::size_t> names) {
  return std::make_unique<Part>(std::move(gather), std::move(names));
}

Result<> Gather::take(const Reply& reply, const std::vector<std::size_t>& names) {
  if (!answer_) return {};
  if (reply.is(Kind::error)) return std::unexpected(redis_error(reply.text(), where_));
  if (reply.size() != names.size()) return std::unexpected(unexpected_reply(where_));
  std::vector<std::optional<std::string_view>> found;
  reply.each([&](const Reply& value) {
    found.push_back(value.is(Kind::text) ? std::optional(value.text()) : std::nullopt);
  });
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const auto& value = found[i]) bytes_ += value->size() * times_[names[i]];
  }
  TRY_OK(kv::check_found(bytes_));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& value = found[i];
    if (!value) continue;
    const auto bytes = std::as_bytes(std::span(*value));
    values_[names[i]].emplace(bytes.begin(), bytes.end());
  }
  return {};
}

void Gather::fail_with(Error error) {
  if (!answer_) return;
  auto answer = std::move(*answer_);
  answer_.reset();
  std::move(answer)(std::unexpected(std::move(error)));
}

void Gather::answer() {
  if (!answer_) return;
  kv::Found found(keys_.size());
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    auto& value = values_[places_[i]];
    if (!value) continue;
    const bool last = --times_[places_[i]] == 0;
    found[i].emplace(std::string(keys_[i]), last ? *std::move(value) : *value);
  }
  // Keys are views of what ends with the answer.
  auto answer = std::move(*answer_);
  answer_.reset();
  std::move(answer)(std::move(found));
}

}  // namespace weft::providers::keyvalue_redis
