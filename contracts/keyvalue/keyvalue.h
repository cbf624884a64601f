// The face of key-value: what a provider in C++ implements, and what makes it an Invoker.
#pragma once
#include <atomic>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "contracts/invocation.h"
#include "contracts/keyvalue/types.h"
#include "contracts/provider.h"

namespace weft::contracts::keyvalue {

// A call in progress. It owns itself: it goes away when it is settled, which Answer does exactly
// once.
class OpenCall final : public Call,
                       public boost::intrusive::list_base_hook<
                           boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  OpenCall(Invocation invocation, Replier& replier)
      : context_(std::move(invocation.context)),
        arguments_(std::get<Image>(std::move(invocation.payload))),
        replier_(replier) {}

  void cancel() noexcept override;
  // The endpoint goes away: replies with this error now; what settles it later is for nobody.
  void let_go(Error error) noexcept;

  const Context& context() const noexcept { return context_; }
  const Image& arguments() const noexcept { return arguments_; }
  bool wanted() const noexcept { return wanted_.load(std::memory_order_acquire); }
  // Set to true by settle(), for one who wants to know while the call may be gone. Null takes it
  // back.
  void report_to(bool* settled) noexcept { settled_ = settled; }
  // Replies unless cancelled, and ends this object. On the thread that invoked.
  void settle(Result<Image> results) noexcept;
  // Ends this object without a reply, because nobody is left to hear one.
  void abandon() noexcept { delete this; }

 private:
  ~OpenCall() = default;

  const Context context_;
  const Image arguments_;
  Replier& replier_;
  bool* settled_ = nullptr;
  std::atomic<bool> wanted_{true};  // cleared by the calling thread, read by any
};

// Where the result of one call goes. Move-only, one pointer. To be called once, on the thread that
// invoked; one that is dropped instead answers `internal`. Views in arguments live as long as this.
template <class T>
class [[nodiscard]] Answer {
 public:
  explicit Answer(OpenCall& call) : call_(&call) {}
  Answer(Answer&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  Answer& operator=(Answer&&) = delete;
  ~Answer() {
    if (call_ != nullptr)
      call_->settle(fail(Errc::internal, "the key-value provider forgot to answer"));
  }

  // Any thread.
  const Context& context() const noexcept { return call_->context(); }
  bool wanted() const noexcept { return call_->wanted(); }
  std::size_t argument_bytes() const noexcept { return call_->arguments().size(); }

  // timed_out, unavailable, cancelled and internal fail the call as such; other errors become the
  // contract's.
  void operator()(Result<T> result) && { std::move(*this).send(image(std::move(result))); }
  // The contract's `unsupported`, for what the product cannot do; `what` in words for people.
  void unsupported(std::string_view what) && {
    std::expected<T, StoreError> value = std::unexpected(Unsupported{std::string(what)});
    std::move(*this).send(encode(std::forward_as_tuple(value)));
  }
  // The two halves of it, for a result whose views do not outlive the caller's scope.
  Result<Image> image(Result<T> result) const;
  void send(Result<Image> image) && { std::exchange(call_, nullptr)->settle(std::move(image)); }
  // Any thread, when the caller's thread is gone.
  void abandon() && { std::exchange(call_, nullptr)->abandon(); }

 private:
  OpenCall* call_;
};

// The contract's word for an error of ours; nothing for those that fail the call.
std::optional<StoreError> store_error(const Error& error);

template <class T>
Result<Image> Answer<T>::image(Result<T> result) const {
  if (!wanted()) return Image();
  std::expected<T, StoreError> value;
  if (!result) {
    auto error = store_error(result.error());
    if (!error) return std::unexpected(std::move(result).error());
    value = std::unexpected(*std::move(error));
  } else if constexpr (!std::is_void_v<T>) {
    value = *std::move(result);
  }
  return encode(std::forward_as_tuple(value));
}

// Implementations belong to one thread, like every Invoker, and never block it for long. What a
// product cannot do (its row in capabilities.h) its implementation leaves as it is here.
class KeyValue {
 public:
  virtual ~KeyValue() = default;
  virtual void get(Item item, Answer<std::optional<Bytes>> answer) = 0;
  virtual void set(Item item, Bytes value, Answer<void> answer) = 0;
  virtual void erase(Item item, Answer<void> answer) = 0;
  virtual void exists(Item item, Answer<bool> answer) = 0;
  virtual void list_keys(std::string_view bucket, Place from, std::uint32_t limit,
                         Answer<Page> answer) = 0;
  virtual void increment(Item item, std::int64_t delta, Answer<std::int64_t> answer);
  virtual void get_many(std::string_view bucket, std::vector<std::string_view> keys,
                        Answer<Found> answer) = 0;
  virtual void set_many(std::string_view bucket, std::vector<Pair> pairs, Answer<void> answer);
  virtual void erase_many(std::string_view bucket, std::vector<std::string_view> keys,
                          Answer<void> answer);
  virtual void get_with_version(Item item, Answer<Snapshot> answer);
  virtual void compare_and_swap(Item item, std::string_view version, Bytes value,
                                Answer<Outcome> answer);
};

// Decodes images, calls the face, encodes what it answers.
class KeyValueInvoker final : public Endpoint {
 public:
  // `face` outlives this.
  explicit KeyValueInvoker(KeyValue& face) : face_(face) {}
  KeyValueInvoker(const KeyValueInvoker&) = delete;
  KeyValueInvoker& operator=(const KeyValueInvoker&) = delete;
  // Calls in flight are answered `unavailable`.
  ~KeyValueInvoker() override;
  // not_found: another interface or an unknown function. invalid: a malformed image.
  Pending invoke(Invocation invocation, Replier& replier) override;
  std::size_t in_flight() const override { return open_.size(); }

 private:
  KeyValue& face_;
  // Neither answered nor cancelled.
  boost::intrusive::list<OpenCall, boost::intrusive::constant_time_size<false>> open_;
};

}  // namespace weft::contracts::keyvalue
