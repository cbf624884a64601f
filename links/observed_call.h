// One call under observation: stands between caller and target, counts bytes, tells the observers
// start and end, hands the recorder what was sent and answered.
#pragma once
#include <memory>
#include <span>

#include "base/clock.h"
#include "contracts/invocation.h"
#include "contracts/observer.h"
#include "links/link_table.h"

namespace weft::links {

struct Observation {
  std::span<contracts::SpanObserver* const> observers;  // outlive the call
  contracts::Recorder* recorder;                        // so does it; may be null
  const Clock& clock;
};

struct Refused {
  Error error;
  contracts::HttpCode code = contracts::HttpCode::none;
};

class ObservedCall final : public contracts::Call,
                           contracts::Replier,
                           contracts::HttpCaller,
                           contracts::HttpCallee {
 public:
  // Forwards to `target`; where that is null, answers `refused`.
  static contracts::Pending start(Observation observation, const Link* link,
                                  contracts::Invoker* target, Refused refused,
                                  contracts::Invocation invocation, contracts::Replier& replier);

  void cancel() noexcept override;

 private:
  ObservedCall(Observation observation, const Link* link, const contracts::Invocation& invocation,
               contracts::Replier& replier);

  void on_reply(contracts::Reply reply) noexcept override;
  void on_sent() override;
  void on_head(contracts::HttpCallee& callee, std::uint16_t status,
               std::span<const contracts::Header> headers) override;
  void on_body(std::string_view chunk) override;
  void on_end(std::span<const contracts::Header> trailers) override;
  void on_want(contracts::HttpCallee& callee, std::size_t limit) override;
  void push(std::string_view chunk, contracts::Body state,
            std::span<const contracts::Header> trailers) override;
  void credit(std::size_t bytes) override;

  contracts::SpanStart span() const;
  void finish(const Error* error);

  // Set at construction: the invocation's views do not outlive invoke().
  const Observation observation_;
  contracts::Replier& replier_;
  const contracts::Context context_;
  const std::string source_, target_, link_, interface_, function_;
  const MonotonicTime started_;
  // While the call runs.
  contracts::HttpCaller* caller_ = nullptr;
  contracts::HttpCallee* callee_ = nullptr;
  contracts::Pending pending_;
  std::unique_ptr<contracts::Recording> recording_;  // null: it is not recorded
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  bool starting_ = true, replied_ = false;
};

}  // namespace weft::links
