#include "contracts/context.h"

#include <fmt/format.h>

#include <string>

namespace weft::contracts {

std::string text(RequestId id) { return fmt::format("{:016x}", id); }

std::string chain_text(const std::shared_ptr<const Frame>& youngest) {
  std::string text;
  for (const Frame* frame = youngest.get(); frame != nullptr; frame = frame->caller.get()) {
    std::string step = frame->component;
    if (!frame->interface.empty()) step += " -> " + frame->interface + "." + frame->function;
    text = text.empty() ? step : step + " -> " + text;
  }
  return text;
}

}  // namespace weft::contracts
