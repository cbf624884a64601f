// From an answer of NATS to whoever waits for it.
#pragma once
#include <memory>
#include <utility>

#include "providers/keyvalue_nats/bucket.h"

namespace weft::providers::keyvalue_nats {

// Do: (const net::nats::Message&) -> More; Fail: (Error).
template <class Do, class Fail>
class AskedOutcome final : public net::nats::Outcome {
 public:
  AskedOutcome(AskerPtr asker, Do on_answer, Fail on_error)
      : asker_(std::move(asker)), do_(std::move(on_answer)), fail_(std::move(on_error)) {}

  net::nats::More on_reply(const net::nats::Message& message) noexcept override {
    return do_(message);
  }
  void on_failure(Error error) noexcept override { fail_(std::move(error)); }
  bool wanted() const noexcept override { return asker_ == nullptr || asker_->wanted(); }

 private:
  const AskerPtr asker_;  // null: the bucket itself
  Do do_;
  Fail fail_;
};

template <class Do, class Fail>
std::unique_ptr<net::nats::Outcome> outcome(AskerPtr asker, Do on_answer, Fail on_error) {
  return std::make_unique<AskedOutcome<Do, Fail>>(std::move(asker), std::move(on_answer),
                                                  std::move(on_error));
}

}  // namespace weft::providers::keyvalue_nats
