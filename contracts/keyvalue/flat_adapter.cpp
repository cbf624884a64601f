#include "contracts/keyvalue/flat_adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "contracts/keyvalue/types.h"

namespace weft::contracts::keyvalue {
namespace {

// Defects and the end of the call stay errors; the guest can do something about others.
Result<StoreError> flat_error(const Error& error) {
  switch (error.code) {
    case Errc::denied:
      return AccessDenied{};
    case Errc::conflict:
      return Conflict{};
    case Errc::unavailable:
    case Errc::timed_out:
      return Unavailable{error.message};
    case Errc::not_found:
    case Errc::invalid:
    case Errc::exhausted:
    case Errc::trapped:
      return Other{error.message};
    case Errc::cancelled:
    case Errc::internal:
      return std::unexpected(error);
  }
  return std::unexpected(error);
}

template <class T>
Image flat_failure(StoreError error) {
  const std::expected<T, StoreError> result = std::unexpected(std::move(error));
  return encode(std::forward_as_tuple(result));
}

struct FlatFunction {
  std::string_view name;
  Image (*failed)(StoreError);
};

constexpr std::array k_flat_functions{
    FlatFunction{"get", flat_failure<std::optional<Bytes>>},
    FlatFunction{"set", flat_failure<void>},
    FlatFunction{"delete", flat_failure<void>},
    FlatFunction{"exists", flat_failure<bool>},
    FlatFunction{"list-keys", flat_failure<Page>},
    FlatFunction{"increment", flat_failure<std::int64_t>},
    FlatFunction{"get-many", flat_failure<Found>},
    FlatFunction{"set-many", flat_failure<void>},
    FlatFunction{"delete-many", flat_failure<void>},
    FlatFunction{"get-with-version", flat_failure<Snapshot>},
    FlatFunction{"compare-and-swap", flat_failure<Outcome>},
};

Result<const FlatFunction*> find_flat(std::string_view name) {
  const auto* found = std::ranges::find(k_flat_functions, name, &FlatFunction::name);
  if (found != k_flat_functions.end()) return found;
  return fail(Errc::invalid, fmt::format("{} has no function '{}'", k_interface, name));
}

class FlatAdapter final : public Adapter {
 public:
  std::span<const InterfaceName> interfaces() const override { return interfaces_; }
  std::string_view flat() const override { return k_interface; }
  std::span<const std::string_view> resources(const InterfaceName&) const override { return {}; }

  Result<std::variant<Image, FlatCall>> call(const InterfaceName&, std::string_view function,
                                             const Image& arguments, Handles&) const override {
    TRY(const FlatFunction* found, find_flat(function));
    Image copy(arguments.size());
    std::ranges::copy(arguments.bytes(), copy.data());
    return FlatCall{k_interface, found->name, std::move(copy)};
  }

  Result<Image> reply(const InterfaceName&, std::string_view function, Result<Image> flat,
                      Handles&) const override {
    if (flat) return flat;
    TRY(const FlatFunction* found, find_flat(function));
    TRY(StoreError error, flat_error(flat.error()));
    return found->failed(std::move(error));
  }

 private:
  const std::array<InterfaceName, 1> interfaces_{*InterfaceName::parse(k_interface)};
};

}  // namespace

std::unique_ptr<Adapter> flat_adapter() { return std::make_unique<FlatAdapter>(); }

}  // namespace weft::contracts::keyvalue
