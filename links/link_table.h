// Who is linked to whom: immutable once built, so a call sees one consistent set of links from
// first to last.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "contracts/invocation.h"

namespace weft::links {

// One grant: `source` may call `contract` of `target` under the link name.
struct Link {
  std::string source;         // id of a component or provider
  std::string name;           // "default" unless the guest chooses another
  std::string contract;       // without version: "wasi:keyvalue/store"
  std::string target;         // id of a component or provider
  std::string endpoint = {};  // of the target, as Endpoints names it; empty: the target's id
  std::shared_ptr<const contracts::Settings> settings = nullptr;  // for the target; null: none
};

class LinkTable {
 public:
  // conflict: two links with the same source, name and contract.
  static Result<std::shared_ptr<const LinkTable>> make(std::vector<Link> links);

  // Null if nothing is linked. `contract` may carry a version, which does not count here.
  const Link* find(std::string_view source, std::string_view name, std::string_view contract) const
      [[clang::lifetimebound]];
  const std::vector<Link>& links() const [[clang::lifetimebound]] { return links_; }

 private:
  struct Key {
    std::string_view source, name, contract;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  std::vector<Link> links_;  // never changes after make(): the keys are views into it
  std::unordered_map<Key, std::size_t, Hash> index_;
};

// "wasi:keyvalue/store" of "wasi:keyvalue/store@0.2.0-draft".
std::string_view without_version(std::string_view contract);

}  // namespace weft::links
