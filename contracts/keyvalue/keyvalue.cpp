#include "contracts/keyvalue/keyvalue.h"

#include <fmt/format.h>

#include <array>
#include <tuple>
#include <type_traits>

namespace weft::contracts::keyvalue {
namespace {

// Decodes the arguments of one method and calls it; the answer goes to `call`, which this takes
// over.
template <class T, class... A>
void serve(KeyValue& face, OpenCall& call, void (KeyValue::*method)(A..., Answer<T>)) {
  auto arguments = decode<std::tuple<A...>>(call.arguments());
  if (!arguments) return call.settle(std::unexpected(std::move(arguments).error()));
  std::apply([&](A&... argument) { (face.*method)(std::move(argument)..., Answer<T>(call)); },
             *arguments);
}

struct Function {
  std::string_view name;
  void (*serve)(KeyValue&, OpenCall&);
};

// Most called first: they are compared in this order.
constexpr std::array k_functions{
    Function{"get", [](KeyValue& f,
                       OpenCall& c) { serve<std::optional<Bytes>, Item>(f, c, &KeyValue::get); }},
    Function{"set",
             [](KeyValue& f, OpenCall& c) { serve<void, Item, Bytes>(f, c, &KeyValue::set); }},
    Function{"increment",
             [](KeyValue& f, OpenCall& c) {
               serve<std::int64_t, Item, std::int64_t>(f, c, &KeyValue::increment);
             }},
    Function{"exists",
             [](KeyValue& f, OpenCall& c) { serve<bool, Item>(f, c, &KeyValue::exists); }},
    Function{"delete", [](KeyValue& f, OpenCall& c) { serve<void, Item>(f, c, &KeyValue::erase); }},
    Function{"list-keys",
             [](KeyValue& f, OpenCall& c) {
               serve<Page, std::string_view, Place, std::uint32_t>(f, c, &KeyValue::list_keys);
             }},
    Function{"get-many",
             [](KeyValue& f, OpenCall& c) {
               serve<Found, std::string_view, std::vector<std::string_view>>(f, c,
                                                                             &KeyValue::get_many);
             }},
    Function{"set-many",
             [](KeyValue& f, OpenCall& c) {
               serve<void, std::string_view, std::vector<Pair>>(f, c, &KeyValue::set_many);
             }},
    Function{"delete-many",
             [](KeyValue& f, OpenCall& c) {
               serve<void, std::string_view, std::vector<std::string_view>>(f, c,
                                                                            &KeyValue::erase_many);
             }},
    Function{
        "get-with-version",
        [](KeyValue& f, OpenCall& c) { serve<Snapshot, Item>(f, c, &KeyValue::get_with_version); }},
    Function{"compare-and-swap",
             [](KeyValue& f, OpenCall& c) {
               serve<Outcome, Item, std::string_view, Bytes>(f, c, &KeyValue::compare_and_swap);
             }},
};

const Function* find(std::string_view name) {
  for (const auto& function : k_functions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

Pending refuse(Replier& replier, Errc code, std::string message) {
  replier.on_reply({fail(code, std::move(message))});
  return {};
}

}  // namespace

void OpenCall::cancel() noexcept {
  unlink();
  wanted_.store(false, std::memory_order_release);
}

void OpenCall::let_go(Error error) noexcept {
  Replier& replier = replier_;
  cancel();
  replier.on_reply({std::unexpected(std::move(error))});
}

void OpenCall::settle(Result<Image> results) noexcept {
  Replier& replier = replier_;
  const bool wanted = this->wanted();
  if (settled_ != nullptr) *settled_ = true;
  delete this;
  if (wanted) replier.on_reply({std::move(results)});
}

void KeyValue::increment(Item, std::int64_t, Answer<std::int64_t> answer) {
  std::move(answer).unsupported("this store cannot count");
}
// NOLINTNEXTLINE(performance-unnecessary-value-param): whoever overrides it keeps the list
void KeyValue::set_many(std::string_view, std::vector<Pair>, Answer<void> answer) {
  std::move(answer).unsupported("this store cannot set several keys in one step");
}
// NOLINTNEXTLINE(performance-unnecessary-value-param): whoever overrides it keeps the list
void KeyValue::erase_many(std::string_view, std::vector<std::string_view>, Answer<void> answer) {
  std::move(answer).unsupported("this store cannot delete several keys in one step");
}
void KeyValue::get_with_version(Item, Answer<Snapshot> answer) {
  std::move(answer).unsupported("this store has no versions to compare and swap by");
}
void KeyValue::compare_and_swap(Item, std::string_view, Bytes, Answer<Outcome> answer) {
  std::move(answer).unsupported("this store has no versions to compare and swap by");
}

std::optional<StoreError> store_error(const Error& error) {
  switch (error.code) {
    case Errc::not_found:
      return NoSuchStore{};
    case Errc::denied:
      return AccessDenied{};
    case Errc::conflict:
      return Conflict{};
    case Errc::invalid:
    case Errc::exhausted:
      return Other{error.message};
    case Errc::unavailable:
    case Errc::timed_out:
    case Errc::cancelled:
    case Errc::trapped:
    case Errc::internal:
      return std::nullopt;
  }
  return std::nullopt;
}

KeyValueInvoker::~KeyValueInvoker() {
  while (!open_.empty())
    open_.front().let_go({Errc::unavailable, "the key-value provider is being stopped"});
}

Pending KeyValueInvoker::invoke(Invocation invocation, Replier& replier) {
  if (invocation.interface != k_interface) {
    return refuse(
        replier, Errc::not_found,
        fmt::format("a key-value provider serves {}, not {}", k_interface, invocation.interface));
  }
  const Function* function = find(invocation.function);
  if (function == nullptr) {
    return refuse(replier, Errc::not_found,
                  fmt::format("{} has no function '{}'", k_interface, invocation.function));
  }
  if (!std::holds_alternative<Image>(invocation.payload)) {
    return refuse(replier, Errc::invalid, fmt::format("{} takes no HTTP call", k_interface));
  }
  auto* call = new OpenCall(std::move(invocation), replier);
  open_.push_back(*call);
  bool settled = false;
  call->report_to(&settled);
  function->serve(face_, *call);
  if (settled) return {};
  call->report_to(nullptr);
  return Pending(*call);
}

}  // namespace weft::contracts::keyvalue
