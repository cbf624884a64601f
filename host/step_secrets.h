// The secrets that a step names, and what becomes of them: settings of a provider, an endpoint or a
// subscription. What a component reads goes to it as secrets.
#pragma once
#include <span>
#include <string>
#include <utility>

#include "base/result.h"
#include "contracts/host_service.h"
#include "host/plan/plan.h"

namespace weft::host {

std::span<const plan::SecretUse> uses_of(const plan::Step& step);
// Whether both are kept in the same places.
bool same_uses(std::span<const plan::SecretUse> one, std::span<const plan::SecretUse> other);
// Whether each of them is there in both, with the same bytes.
bool same_values(std::span<const plan::SecretUse> uses, const contracts::Secrets& one,
                 const contracts::Secrets& other);
// `secrets` may be null where there are no uses.
contracts::Settings with_secrets(contracts::Settings settings,
                                 std::span<const plan::SecretUse> uses,
                                 const contracts::Secrets* secrets);
// A provider may quote a setting that it does not understand: the error without them.
Error hide_secrets(Error error, std::span<const plan::SecretUse> uses,
                   const contracts::Secrets* secrets);
template <class T>
Result<T> hide_secrets(Result<T> started, std::span<const plan::SecretUse> uses,
                       const contracts::Secrets* secrets) {
  if (started) return started;
  return std::unexpected(hide_secrets(std::move(started).error(), uses, secrets));
}

}  // namespace weft::host
