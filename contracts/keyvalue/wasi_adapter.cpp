#include "contracts/keyvalue/wasi_adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <tuple>

#include "base/bytes.h"
#include "contracts/keyvalue/types.h"

namespace weft::contracts::keyvalue {
namespace {

constexpr std::uint32_t k_page_keys = 1000;

using Called = Result<std::variant<Image, FlatCall>>;
using WasiError = std::variant<NoSuchStore, AccessDenied, Other>;
template <class T>
using WasiResult = std::expected<T, WasiError>;

// ---- handles: the first letter tells buckets and cas apart, whatever number a guest makes up ----

Result<std::string_view> find_bucket(const Handles& handles, std::uint32_t rep) {
  TRY(const std::string_view name, handles.find(rep));
  if (!name.starts_with('b'))
    return fail(Errc::invalid, fmt::format("handle {} is no bucket", rep));
  return name.substr(1);
}

using CasKey =
    std::tuple<std::string_view, std::string_view, std::string_view>;  // bucket, key, version

Result<CasKey> find_cas(const Handles& handles, std::uint32_t rep) {
  TRY(const std::string_view name, handles.find(rep));
  if (!name.starts_with('c')) return fail(Errc::invalid, fmt::format("handle {} is no cas", rep));
  return decode<CasKey>(std::as_bytes(std::span(name.substr(1))));
}

// The value is of no interest to a handle, and stays in the image.
using SnapshotView =
    std::tuple<std::string_view, std::string_view, std::string_view, std::optional<Bytes>>;

Result<std::uint32_t> add_cas(Handles& handles, const SnapshotView& seen) {
  const auto& [bucket, key, version, value] = seen;
  const Image image = encode(CasKey(bucket, key, version));
  return handles.add("c" + std::string(text_of(image.bytes())));
}

// ---- errors ----

WasiError wasi_error(StoreError error) {
  return std::visit(
      []<class X>(X& chosen) -> WasiError {
        if constexpr (std::same_as<X, Unsupported>) {
          return Other{"the provider does not support this: " + chosen.value};
        } else if constexpr (std::same_as<X, Unavailable>) {
          return Other{"the store is not available now: " + chosen.value};
        } else if constexpr (std::same_as<X, Conflict>) {
          return Other{"somebody else holds the store or changed it"};
        } else {
          return std::move(chosen);
        }
      },
      error);
}

// A call that failed on its way. Defects and the end of the call stay errors; the guest can do
// something about others.
Result<WasiError> wasi_error(const Error& error) {
  switch (error.code) {
    case Errc::denied:
      return WasiError(AccessDenied{});
    case Errc::cancelled:
    case Errc::internal:
      return std::unexpected(error);
    case Errc::not_found:
    case Errc::invalid:
    case Errc::unavailable:
    case Errc::timed_out:
    case Errc::exhausted:
    case Errc::conflict:
    case Errc::trapped:
      return WasiError(Other{error.message});
  }
  return std::unexpected(error);
}

template <class T>
Image failed(WasiError error) {
  const WasiResult<T> result = std::unexpected(std::move(error));
  return encode(std::forward_as_tuple(result));
}

bool succeeded(const Image& flat) { return flat.size() != 0 && flat.data()[0] == std::byte{0}; }

// The guest's image (of result<Shown, error>) for a flat call (of result<Flat, error>) that brought
// no value: it failed on its way, or in the store.
template <class Shown, class Flat = Shown>
Result<Image> failure(const Result<Image>& flat) {
  if (!flat) {
    TRY(WasiError error, wasi_error(flat.error()));
    return failed<Shown>(std::move(error));
  }
  TRY(auto result, decode<std::tuple<std::expected<Flat, StoreError>>>(*flat));
  auto& value = std::get<0>(result);
  if (value)
    return fail(Errc::invalid, "a key-value provider answered success and failure at once");
  return failed<Shown>(wasi_error(std::move(value).error()));
}

// ---- calls ----

FlatCall flat(std::string_view function, Image arguments) {
  return {k_interface, function, std::move(arguments)};
}

Called open(const Image& arguments, Handles& handles) {
  TRY(const auto identifier, decode<std::tuple<std::string_view>>(arguments));
  const auto name =
      std::get<0>(identifier).empty() ? std::string_view("default") : std::get<0>(identifier);
  TRY(const std::uint32_t rep, handles.add(fmt::format("b{}", name)));
  return encode(std::tuple<WasiResult<std::uint32_t>>(rep));
}

template <std::size_t N>
struct Name {
  char text[N];
  consteval Name(const char (&from)[N]) { std::copy_n(from, N, text); }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

// The bucket's handle becomes its name; the other arguments stay.
template <Name function, class... A>
Called forward(const Image& arguments, Handles& handles) {
  TRY(const auto decoded, decode<std::tuple<std::uint32_t, A...>>(arguments));
  TRY(const std::string_view bucket, find_bucket(handles, std::get<0>(decoded)));
  return std::apply(
      [&](std::uint32_t, const A&... rest) {
        return flat(function.view(), encode(std::forward_as_tuple(bucket, rest...)));
      },
      decoded);
}

Called list_skip(const Image& arguments, Handles& handles) {
  TRY(const auto decoded,
      decode<std::tuple<std::uint32_t, std::optional<std::uint64_t>>>(arguments));
  TRY(const std::string_view bucket, find_bucket(handles, std::get<0>(decoded)));
  const Place from = Skip{std::get<1>(decoded).value_or(0)};
  return flat("list-keys", encode(std::forward_as_tuple(bucket, from, k_page_keys)));
}

Called list_after(const Image& arguments, Handles& handles) {
  TRY(const auto decoded, decode<std::tuple<std::uint32_t, std::optional<std::string>>>(arguments));
  TRY(const std::string_view bucket, find_bucket(handles, std::get<0>(decoded)));
  const auto& cursor = std::get<1>(decoded);
  const Place from = cursor ? Place(After{*cursor}) : Place(Beginning{});
  return flat("list-keys", encode(std::forward_as_tuple(bucket, from, k_page_keys)));
}

Called increment_unsigned(const Image& arguments, Handles& handles) {
  TRY(const auto decoded,
      decode<std::tuple<std::uint32_t, std::string_view, std::uint64_t>>(arguments));
  const auto& [rep, key, delta] = decoded;
  TRY(const std::string_view bucket, find_bucket(handles, rep));
  if (delta > std::numeric_limits<std::int64_t>::max()) {
    return failed<std::uint64_t>(Other{fmt::format("increments above {} are not supported",
                                                   std::numeric_limits<std::int64_t>::max())});
  }
  const auto step = static_cast<std::int64_t>(delta);
  return flat("increment", encode(std::forward_as_tuple(bucket, key, step)));
}

Called current(const Image& arguments, Handles& handles) {
  TRY(const auto decoded, decode<std::tuple<std::uint32_t>>(arguments));
  TRY(const CasKey cas, find_cas(handles, std::get<0>(decoded)));
  return flat("get", encode(std::forward_as_tuple(std::get<0>(cas), std::get<1>(cas))));
}

// Takes the handle, as the contract says.
Called swap(const Image& arguments, Handles& handles) {
  TRY(const auto decoded, decode<std::tuple<std::uint32_t, Bytes>>(arguments));
  const auto& [rep, value] = decoded;
  TRY(const CasKey cas, find_cas(handles, rep));
  const auto& [bucket, key, version] = cas;
  auto call = flat("compare-and-swap", encode(std::forward_as_tuple(bucket, key, version, value)));
  handles.remove(rep);
  return call;
}

// ---- replies ----

// The flat result and the guest's are the same image when they are successes.
template <class T>
Result<Image> same(Result<Image> flat_result, Handles&) {
  if (flat_result && succeeded(*flat_result)) return flat_result;
  return failure<T>(flat_result);
}

template <class Cursor>
Result<Image> page(Result<Image> flat_result, Handles&) {
  using Shown = std::tuple<std::vector<std::string_view>, std::optional<Cursor>>;
  using PageView = std::tuple<std::vector<std::string_view>, std::optional<Place>>;
  if (!flat_result || !succeeded(*flat_result)) return failure<Shown, PageView>(flat_result);
  TRY(auto decoded, decode<std::tuple<std::expected<PageView, StoreError>>>(*flat_result));
  auto& [keys, next] = *std::get<0>(decoded);
  std::optional<Cursor> cursor;
  if constexpr (std::same_as<Cursor, std::uint64_t>) {
    if (next && std::holds_alternative<Skip>(*next)) cursor = std::get<Skip>(*next).value;
  } else {
    if (next && std::holds_alternative<After>(*next)) cursor = std::get<After>(*next).value;
  }
  const WasiResult<Shown> shown(Shown(std::move(keys), std::move(cursor)));
  return encode(std::forward_as_tuple(shown));
}

Result<Image> unsigned_sum(Result<Image> flat_result, Handles&) {
  if (!flat_result || !succeeded(*flat_result))
    return failure<std::uint64_t, std::int64_t>(flat_result);
  TRY(const auto sum, decode<std::tuple<std::expected<std::int64_t, StoreError>>>(*flat_result));
  if (*std::get<0>(sum) >= 0) return flat_result;
  return failed<std::uint64_t>(Other{fmt::format(
      "the sum is {}, which this version of the contract cannot say", *std::get<0>(sum))});
}

Result<Image> new_cas(Result<Image> flat_result, Handles& handles) {
  if (!flat_result || !succeeded(*flat_result))
    return failure<std::uint32_t, SnapshotView>(flat_result);
  TRY(const auto seen, decode<std::tuple<std::expected<SnapshotView, StoreError>>>(*flat_result));
  TRY(const std::uint32_t rep, add_cas(handles, *std::get<0>(seen)));
  return encode(std::tuple<WasiResult<std::uint32_t>>(rep));
}

struct ErrorCase {
  WasiError value;
};
struct CasCase {
  std::uint32_t value;
};
using CasError = std::variant<ErrorCase, CasCase>;
struct ChangedView {
  SnapshotView value;
};
using OutcomeView = std::variant<Swapped, ChangedView>;

Result<Image> swapped(Result<Image> flat_result, Handles& handles) {
  std::expected<void, CasError> result;
  if (!flat_result) {
    TRY(WasiError error, wasi_error(flat_result.error()));
    result = std::unexpected(CasError(ErrorCase{std::move(error)}));
  } else {
    TRY(auto decoded, decode<std::tuple<std::expected<OutcomeView, StoreError>>>(*flat_result));
    auto& outcome = std::get<0>(decoded);
    if (!outcome) {
      result = std::unexpected(CasError(ErrorCase{wasi_error(std::move(outcome).error())}));
    } else if (const auto* changed = std::get_if<ChangedView>(&*outcome)) {
      TRY(const std::uint32_t rep, add_cas(handles, changed->value));
      result = std::unexpected(CasError(CasCase{rep}));
    }
  }
  return encode(std::forward_as_tuple(result));
}

Result<Image> no_reply(Result<Image>, Handles&) {
  return fail(Errc::invalid, "this function is answered without a flat call");
}

// ---- which function is which ----

enum class Drafts { both, first, second };

struct WasiFunction {
  std::string_view interface;
  std::string_view name;
  Drafts drafts;
  Called (*call)(const Image&, Handles&);
  Result<Image> (*reply)(Result<Image>, Handles&);
};

using Keys = std::vector<std::string_view>;
using Pairs = std::vector<Pair>;
using PairsView = std::vector<std::optional<std::tuple<std::string_view, Bytes>>>;

constexpr std::array k_wasi_functions{
    WasiFunction{"store", "open", Drafts::both, open, no_reply},
    WasiFunction{"store", "[method]bucket.get", Drafts::both, forward<"get", std::string_view>,
                 same<std::optional<Bytes>>},
    WasiFunction{"store", "[method]bucket.set", Drafts::both,
                 forward<"set", std::string_view, Bytes>, same<void>},
    WasiFunction{"store", "[method]bucket.delete", Drafts::both,
                 forward<"delete", std::string_view>, same<void>},
    WasiFunction{"store", "[method]bucket.exists", Drafts::both,
                 forward<"exists", std::string_view>, same<bool>},
    WasiFunction{"store", "[method]bucket.list-keys", Drafts::first, list_skip,
                 page<std::uint64_t>},
    WasiFunction{"store", "[method]bucket.list-keys", Drafts::second, list_after,
                 page<std::string>},
    WasiFunction{"atomics", "increment", Drafts::first, increment_unsigned, unsigned_sum},
    WasiFunction{"atomics", "increment", Drafts::second,
                 forward<"increment", std::string_view, std::int64_t>, same<std::int64_t>},
    WasiFunction{"atomics", "[static]cas.new", Drafts::second,
                 forward<"get-with-version", std::string_view>, new_cas},
    WasiFunction{"atomics", "[method]cas.current", Drafts::second, current,
                 same<std::optional<Bytes>>},
    WasiFunction{"atomics", "swap", Drafts::second, swap, swapped},
    WasiFunction{"batch", "get-many", Drafts::both, forward<"get-many", Keys>, same<PairsView>},
    WasiFunction{"batch", "set-many", Drafts::both, forward<"set-many", Pairs>, same<void>},
    WasiFunction{"batch", "delete-many", Drafts::both, forward<"delete-many", Keys>, same<void>},
};

constexpr std::string_view k_first = "0.2.0-draft";
constexpr std::string_view k_second = "0.2.0-draft2";

Result<const WasiFunction*> find(const InterfaceName& interface, std::string_view name) {
  const auto other = interface.version == k_second ? Drafts::first : Drafts::second;
  for (const auto& function : k_wasi_functions) {
    if (function.name == name && function.interface == interface.interface &&
        function.drafts != other) {
      return &function;
    }
  }
  return fail(Errc::invalid, fmt::format("{} has no function '{}'", interface.text(), name));
}

class WasiAdapter final : public Adapter {
 public:
  WasiAdapter() {
    for (const auto version : {k_first, k_second}) {
      for (const char* interface : {"store", "atomics", "batch"}) {
        interfaces_.push_back({"wasi", "keyvalue", interface, std::string(version)});
      }
    }
  }

  std::span<const InterfaceName> interfaces() const override { return interfaces_; }
  std::string_view flat() const override { return k_interface; }

  std::span<const std::string_view> resources(const InterfaceName& interface) const override {
    static constexpr std::array<std::string_view, 1> store{"bucket"}, atomics{"cas"};
    if (interface.interface == "store") return store;
    if (interface.interface == "atomics" && interface.version == k_second) return atomics;
    return {};
  }

  Called call(const InterfaceName& interface, std::string_view function, const Image& arguments,
              Handles& handles) const override {
    TRY(const WasiFunction* found, find(interface, function));
    return found->call(arguments, handles);
  }

  Result<Image> reply(const InterfaceName& interface, std::string_view function,
                      Result<Image> flat_result, Handles& handles) const override {
    TRY(const WasiFunction* found, find(interface, function));
    return found->reply(std::move(flat_result), handles);
  }

 private:
  std::vector<InterfaceName> interfaces_;
};

}  // namespace

std::unique_ptr<Adapter> wasi_adapter() { return std::make_unique<WasiAdapter>(); }

}  // namespace weft::contracts::keyvalue
