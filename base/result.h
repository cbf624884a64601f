// Result<T>: a value or an Error, in the signature of everything that can fail.
//
// TRY(auto x, f()) unwraps or returns the error; TRY_OK(f()) does so where there is no value.
// CO_TRY and CO_TRY_OK are the same inside a coroutine.
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace weft {

template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;

  // The same result; an error gets `where: ` in front of its message.
  Result context(std::string_view where) && {
    if (*this) return std::move(*this);
    return std::unexpected(std::move(this->error()).context(where));
  }
};

inline std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace weft

#define TRY_PASTE2(a, b) a##b
#define TRY_PASTE(a, b) TRY_PASTE2(a, b)
#define TRY_NAME(n) TRY_PASTE(try_result_, n)
#define TRY_WITH(return_, name, declaration, ...)              \
  auto name = (__VA_ARGS__);                                   \
  if (!name) return_ std::unexpected(std::move(name).error()); \
  declaration = *std::move(name)
#define TRY(declaration, ...) TRY_WITH(return, TRY_NAME(__COUNTER__), declaration, __VA_ARGS__)
#define CO_TRY(declaration, ...) \
  TRY_WITH(co_return, TRY_NAME(__COUNTER__), declaration, __VA_ARGS__)
#define TRY_OK(...) \
  if (auto ok = (__VA_ARGS__); !ok) return std::unexpected(std::move(ok).error())
#define CO_TRY_OK(...) \
  if (auto ok = (__VA_ARGS__); !ok) co_return std::unexpected(std::move(ok).error())
