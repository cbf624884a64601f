#include "contracts/keyvalue/keyvalue.h"

#include <array>

namespace weft::contracts::keyvalue {
namespace {

using Function = FaceFunction<KeyValue>;

constexpr std::array k_functions{
    Function{"get", [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::get); }},
    Function{"set", [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::set); }},
    Function{"increment", [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::increment); }},
    Function{"exists", [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::exists); }},
    Function{"delete", [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::erase); }},
    Function{"list-keys", [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::list_keys); }},
    Function{"get-many", [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::get_many); }},
    Function{"set-many", [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::set_many); }},
    Function{"delete-many", [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::erase_many); }},
    Function{"get-with-version",
             [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::get_with_version); }},
    Function{"compare-and-swap",
             [](KeyValue& f, OpenCall& c) { serve(f, c, &KeyValue::compare_and_swap); }},
};

}  // namespace

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

std::optional<StoreError> Contract::error(const weft::Error& error) {
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

KeyValueInvoker::KeyValueInvoker(KeyValue& face)
    : FaceInvoker<KeyValue>(face, k_interface, k_functions) {}

}  // namespace weft::contracts::keyvalue
