#include "host/step_secrets.h"

#include <algorithm>
#include <tuple>
#include <variant>

#include "base/bytes.h"

namespace weft::host {

std::span<const plan::SecretUse> uses_of(const plan::Step& step) {
  if (const auto* one = std::get_if<plan::StartComponent>(&step.what)) return one->secrets;
  if (const auto* one = std::get_if<plan::StartProvider>(&step.what)) return one->secrets;
  if (const auto* one = std::get_if<plan::OpenEndpoint>(&step.what)) return one->secrets;
  if (const auto* one = std::get_if<plan::Subscribe>(&step.what)) return one->secrets;
  return {};
}

bool same_uses(std::span<const plan::SecretUse> one, std::span<const plan::SecretUse> other) {
  const auto place = [](const plan::SecretUse& use) {
    return std::tie(use.name, use.key, use.field, use.file, use.key_file, use.key_variable);
  };
  return std::ranges::equal(one, other, {}, place, place);
}

bool same_values(std::span<const plan::SecretUse> uses, const contracts::Secrets& one,
                 const contracts::Secrets& other) {
  return std::ranges::all_of(uses, [&](const plan::SecretUse& use) {
    const auto* a = one.find(use.name);
    const auto* b = other.find(use.name);
    return a != nullptr && b != nullptr && std::ranges::equal(a->bytes, b->bytes);
  });
}

contracts::Settings with_secrets(contracts::Settings settings,
                                 std::span<const plan::SecretUse> uses,
                                 const contracts::Secrets* secrets) {
  for (const auto& use : uses) {
    if (const auto* value = secrets->find(use.name))
      settings.insert_or_assign(use.name, std::string(text_of(value->bytes)));
  }
  return settings;
}

Error hide_secrets(Error error, std::span<const plan::SecretUse> uses,
                   const contracts::Secrets* secrets) {
  for (const auto& use : uses) {
    const auto* value = secrets->find(use.name);
    if (value == nullptr || value->bytes.empty()) continue;
    const auto text = text_of(value->bytes);
    for (std::size_t at = 0; (at = error.message.find(text, at)) != std::string::npos; at += 3)
      error.message.replace(at, text.size(), "***");
  }
  return error;
}

}  // namespace weft::host
