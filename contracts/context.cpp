#include "contracts/context.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace weft::contracts {

std::string text(RequestId id) { return fmt::format("{:016x}", id); }

std::string chain_text(const std::shared_ptr<const Frame>& youngest) {
  std::string text;
  for (const Frame* frame = youngest.get(); frame != nullptr; frame = frame->caller.get()) {
    std::string step = frame->component;
    if (!frame->interface.empty())
      step.append(" -> ").append(frame->interface).append(".").append(frame->function);
    if (!text.empty()) step.append(" -> ").append(text);
    text = std::move(step);
  }
  return text;
}

}  // namespace weft::contracts
