// What the writer's thread does for messaging.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contracts/messaging/messaging.h"
#include "contracts/messaging/queues.h"
#include "providers/messaging_sqlite/store.h"
#include "providers/sqlite/lane.h"
#include "providers/sqlite/write.h"

namespace weft::providers::messaging_sqlite {

// Room in the queues of some links, until their messages are there.
class Reserved final {
 public:
  Reserved(contracts::messaging::Queues& queues, std::vector<std::string> links, std::size_t bytes)
      : queues_(queues), links_(std::move(links)), bytes_(bytes) {}
  Reserved(const Reserved&) = delete;
  Reserved& operator=(const Reserved&) = delete;
  ~Reserved() { queues_.release(links_, bytes_); }

  const std::vector<std::string>& links() const { return links_; }
  // The messages have these numbers, one per link, and can be taken.
  void fill(const std::vector<std::int64_t>& ids) {
    for (std::size_t i = 0; i < links_.size(); ++i)
      queues_.push(links_[i], {.id = ids[i], .bytes = bytes_, .message = nullptr});
    links_.clear();
  }

 private:
  contracts::messaging::Queues& queues_;
  std::vector<std::string> links_;
  const std::size_t bytes_;
};

// A message of a component. Taken by the queues on the writer's thread, so that it is there for
// others also when who sent it is gone.
class Publish final : public sqlite::Write {
 public:
  // `store` and `queues` outlive the writer; the views of `message` live as long as `answer`.
  Publish(std::shared_ptr<sqlite::Lane> lane, Store& store, contracts::messaging::Message message,
          std::unique_ptr<Reserved> reserved, contracts::messaging::Answer<void> answer)
      : Write(std::move(lane), answer.argument_bytes()),
        store_(store),
        message_(message),
        reserved_(std::move(reserved)),
        answer_(std::move(answer)) {}

  const Error* apply() override {
    ids_ = store_.insert(reserved_->links(), message_);
    return ids_ ? nullptr : &ids_.error();
  }
  void fail_with(Error error) override { ids_ = std::unexpected(std::move(error)); }
  void committed() override {
    if (ids_) reserved_->fill(*ids_);
  }
  bool wanted() const override { return answer_.wanted(); }
  MonotonicTime deadline() const override { return answer_.context().deadline; }
  void answer() override {
    if (ids_) return std::move(answer_)({});
    std::move(answer_)(std::unexpected(std::move(ids_).error()));
  }
  void abandon() override { std::move(answer_).abandon(); }

 private:
  Store& store_;
  const contracts::messaging::Message message_;
  const std::unique_ptr<Reserved> reserved_;
  contracts::messaging::Answer<void> answer_;
  Result<std::vector<std::int64_t>> ids_;
};

// What becomes of a message that was delivered: a step in the store, and who hears that it is done.
class Settle final : public sqlite::Write {
 public:
  using Step = std::function<Result<>(Store&)>;
  using Done = std::function<void(Result<>)>;

  // `after`: on the writer's thread, once it is committed. `done`: on the asker's.
  Settle(std::shared_ptr<sqlite::Lane> lane, Store& store, std::size_t bytes, Step step,
         std::function<void()> after, Done done)
      : Write(std::move(lane), bytes),
        store_(store),
        step_(std::move(step)),
        after_(std::move(after)),
        done_(std::move(done)) {}

  const Error* apply() override {
    result_ = step_(store_);
    return result_ ? nullptr : &result_.error();
  }
  void fail_with(Error error) override { result_ = std::unexpected(std::move(error)); }
  void committed() override {
    if (result_ && after_) after_();
  }
  bool wanted() const override { return true; }
  MonotonicTime deadline() const override { return MonotonicTime::max(); }
  void answer() override { done_(std::move(result_)); }
  void abandon() override {}

 private:
  Store& store_;
  const Step step_;
  const std::function<void()> after_;
  const Done done_;
  Result<> result_;
};

}  // namespace weft::providers::messaging_sqlite
