// One secret of the KV engine, version 2, as we read and write it.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "providers/keyvalue_vault/names.h"

namespace weft::providers::keyvalue_vault {

struct Field {
  enum class Kind { text, json };  // what is no text is kept as its JSON
  std::string value;
  Kind kind = Kind::text;
};

struct Secret {
  std::uint64_t version = 0;  // 0: there is none
  std::string written;        // when, and when deleted
  std::map<std::string, Field, std::less<>> fields;
  bool edited = false;

  // Stands for this state of it.
  std::string mark() const;
};

// Of a reply to a read; `body` is empty when there is no such secret. internal: it is none.
Result<Secret> read_secret(std::string_view body);
// The body of a write. With `cas` it is done only if the secret has that version then.
std::string write_secret(const Secret& secret, std::optional<std::uint64_t> cas);
// Of a reply to a listing: names of secrets and, with a slash, of folders.
Result<std::vector<std::string>> read_names(std::string_view body);

// The value of a key. Layout::secret_per_bucket: the field of that name, in base64.
// secret_per_key: the field `value`, or in base64 `value_base64` where it is no UTF-8.
// invalid: somebody else wrote something else there.
Result<std::optional<std::string>> value_of(const Secret& secret, Layout layout,
                                            std::string_view key);
void put_value(Secret& secret, Layout layout, std::string_view key, std::string_view value);
void erase_value(Secret& secret, std::string_view key);

}  // namespace weft::providers::keyvalue_vault
