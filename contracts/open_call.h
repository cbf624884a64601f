// What every face has in common (contracts/keyvalue/, contracts/messaging/): a call in progress,
// where its answer goes, and what turns the face, which is C++, into an Invoker.
#pragma once
#include <atomic>
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/result.h"
#include "contracts/image_codec.h"
#include "contracts/invocation.h"
#include "contracts/provider.h"

namespace weft::contracts {

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
//
// `C` says what is the contract's own: `C::Error`, the variant that its functions fail with;
// `C::error(const weft::Error&)`, its word for an error of ours, nothing for those that fail the
// call as such; `C::unsupported(std::string)`; `C::k_provider`, for people.
template <class T, class C>
class [[nodiscard]] Answer {
 public:
  explicit Answer(OpenCall& call) : call_(&call) {}
  Answer(Answer&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  Answer& operator=(Answer&&) = delete;
  ~Answer() {
    if (call_ != nullptr) {
      call_->settle(
          fail(Errc::internal, "the " + std::string(C::k_provider) + " forgot to answer"));
    }
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
    std::expected<T, typename C::Error> value = std::unexpected(C::unsupported(std::string(what)));
    std::move(*this).send(encode(std::forward_as_tuple(value)));
  }
  // The two halves of it, for a result whose views do not outlive the caller's scope.
  Result<Image> image(Result<T> result) const {
    if (!wanted()) return Image();
    std::expected<T, typename C::Error> value;
    if (!result) {
      auto error = C::error(result.error());
      if (!error) return std::unexpected(std::move(result).error());
      value = std::unexpected(*std::move(error));
    } else if constexpr (!std::is_void_v<T>) {
      value = *std::move(result);
    }
    return encode(std::forward_as_tuple(value));
  }
  void send(Result<Image> image) && { std::exchange(call_, nullptr)->settle(std::move(image)); }
  // Any thread, when the caller's thread is gone.
  void abandon() && { std::exchange(call_, nullptr)->abandon(); }

 private:
  OpenCall* call_;
};

// A function of a contract and what serves it by a face.
template <class Face>
struct FaceFunction {
  std::string_view name;
  void (*serve)(Face&, OpenCall&);
};

// Decodes the arguments of one method, of which the last parameter is an Answer, and calls it; the
// answer goes to `call`, which this takes over.
template <class Face, class... P>
void serve(Face& face, OpenCall& call, void (Face::*method)(P...)) {
  using All = std::tuple<P...>;
  constexpr std::size_t k_arguments = sizeof...(P) - 1;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    auto arguments = decode<std::tuple<std::tuple_element_t<I, All>...>>(call.arguments());
    if (!arguments) return call.settle(std::unexpected(std::move(arguments).error()));
    auto& values = *arguments;
    (face.*method)(std::move(std::get<I>(values))..., std::tuple_element_t<k_arguments, All>(call));
  }(std::make_index_sequence<k_arguments>());
}

// The calls of one endpoint that are neither answered nor cancelled. One thread.
class OpenCalls final {
 public:
  OpenCalls() = default;
  OpenCalls(const OpenCalls&) = delete;
  OpenCalls& operator=(const OpenCalls&) = delete;
  // Those in flight are answered `unavailable`.
  ~OpenCalls();

  // Null after an answer: invalid, the payload is no image.
  OpenCall* open(Invocation invocation, Replier& replier);
  std::size_t size() const { return open_.size(); }

 private:
  boost::intrusive::list<OpenCall, boost::intrusive::constant_time_size<false>> open_;
};

// Decodes images, calls the face, encodes what it answers.
template <class Face>
class FaceInvoker : public Endpoint {
 public:
  // `face` outlives this; `functions` and `interface` live as long as the program. The function
  // that is called most stands first: they are compared in this order.
  FaceInvoker(Face& face, std::string_view interface, std::span<const FaceFunction<Face>> functions)
      : face_(face), interface_(interface), functions_(functions) {}
  FaceInvoker(const FaceInvoker&) = delete;
  FaceInvoker& operator=(const FaceInvoker&) = delete;

  // not_found: another interface or an unknown function. invalid: a malformed image.
  Pending invoke(Invocation invocation, Replier& replier) final {
    const FaceFunction<Face>* function = find(invocation);
    if (function == nullptr) {
      replier.on_reply({fail(Errc::not_found, "the provider serves " + std::string(interface_) +
                                                  ", not " + std::string(invocation.interface) +
                                                  "." + std::string(invocation.function))});
      return {};
    }
    auto* call = open_.open(std::move(invocation), replier);
    if (call == nullptr) return {};
    bool settled = false;
    call->report_to(&settled);
    function->serve(face_, *call);
    if (settled) return {};
    call->report_to(nullptr);
    return Pending(*call);
  }
  std::size_t in_flight() const final { return open_.size(); }

 private:
  const FaceFunction<Face>* find(const Invocation& invocation) const {
    if (invocation.interface != interface_) return nullptr;
    for (const auto& function : functions_) {
      if (function.name == invocation.function) return &function;
    }
    return nullptr;
  }

  Face& face_;
  const std::string_view interface_;
  const std::span<const FaceFunction<Face>> functions_;
  OpenCalls open_;
};

}  // namespace weft::contracts
