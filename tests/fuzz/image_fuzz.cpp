// Any bytes as an image: decoded to values, or refused; never anything else. What was decoded has
// an image of its own, which decodes to the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "contracts/image_codec.h"
#include "contracts/keyvalue/types.h"
#include "contracts/keyvalue/wasi_adapter.h"

namespace {

using namespace weft::contracts;

// Every kind of type, nested.
using Everything = std::tuple<
    bool, std::string, std::vector<std::optional<std::tuple<std::string, keyvalue::Place>>>,
    std::expected<std::vector<std::uint16_t>, keyvalue::StoreError>, char32_t, keyvalue::Snapshot>;

template <class Tuple>
void check(std::span<const std::byte> bytes) {
  const auto values = decode<Tuple>(bytes);
  if (!values) return;
  const Image image = encode(*values);
  const auto again = decode<Tuple>(image);
  if (!again || !std::ranges::equal(encode(*again).bytes(), image.bytes())) std::abort();
}

// The first byte chooses the function, the rest are its arguments or the flat results.
void check_adapter(std::span<const std::byte> bytes) {
  struct Function {
    std::string_view interface, name;
  };
  static constexpr std::array functions{
      Function{"store", "open"},
      Function{"store", "[method]bucket.set"},
      Function{"store", "[method]bucket.list-keys"},
      Function{"atomics", "increment"},
      Function{"atomics", "[static]cas.new"},
      Function{"atomics", "swap"},
      Function{"batch", "get-many"},
      Function{"batch", "set-many"},
  };
  static const auto adapter = keyvalue::wasi_adapter();
  if (bytes.empty()) return;
  const auto choice = std::to_integer<std::size_t>(bytes[0]);
  const auto& [interface, name] = functions[choice % functions.size()];
  const auto rest = bytes.subspan(1);
  for (const char* version : {"0.2.0-draft", "0.2.0-draft2"}) {
    const InterfaceName full{"wasi", "keyvalue", std::string(interface), version};
    Handles handles(2);
    (void)handles.add("bbucket");
    const auto copy = [&] {
      Image image(rest.size());
      std::ranges::copy(rest, image.data());
      return image;
    };
    (void)adapter->call(full, name, copy(), handles);
    (void)adapter->reply(full, name, copy(), handles);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  check<Everything>(bytes);
  check_adapter(bytes);
  return 0;
}
