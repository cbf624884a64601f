// A name that cannot be mistaken for another kind of name.
#pragma once
#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace weft {

template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}
  std::string_view text() const noexcept [[clang::lifetimebound]] { return text_; }
  const std::string& str() const noexcept [[clang::lifetimebound]] { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string text_;
};

// `{application}-{component}` as wadm makes it: the identity of a component or provider that runs.
using ComponentId = Id<struct ComponentIdTag>;
// "default" where a manifest names none.
using LinkName = Id<struct LinkNameTag>;
using ApplicationName = Id<struct ApplicationNameTag>;

}  // namespace weft

template <class Tag>
struct std::hash<weft::Id<Tag>> {
  std::size_t operator()(const weft::Id<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}(id.text());
  }
};
