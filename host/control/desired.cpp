#include "host/control/desired.h"

#include <optional>
#include <utility>

namespace weft::control {
namespace {

// Whether everything is again as it was before the last of `edits`.
bool undoes(const Edit& edit, const std::vector<Edit>& edits) {
  const auto* bypass = std::get_if<BypassLink>(&edit);
  const auto* insert = edits.empty() ? nullptr : std::get_if<InsertLink>(&edits.back());
  return bypass != nullptr && insert != nullptr && bypass->component == insert->id;
}

std::optional<std::string> with_new_image(const Edit& edit) {
  if (const auto* update = std::get_if<Update>(&edit)) return update->component;
  const auto* scale = std::get_if<Scale>(&edit);
  return scale != nullptr && !scale->image.empty() ? std::optional(scale->component) : std::nullopt;
}

}  // namespace

host::Applied Desired::apply(std::vector<contracts::Manifest> manifests) {
  auto applied = host_.apply(manifests);
  if (!applied.summary) return applied;
  manifests_ = std::move(applied.manifests);
  for (const auto& edit : std::exchange(edits_, {})) {
    log_.warn("an edit by hand ends: the manifest is in force again",
              {{"edit", "weft " + text(edit)}});
  }
  return applied;
}

Result<Edited> Desired::edit(Edit edit) {
  auto manifests = manifests_;
  TRY(const auto effect, control::apply(edit, providers_, manifests));
  if (effect == Effect::nothing) return Edited{};
  std::set<ComponentId> anew;
  if (const auto component = with_new_image(edit)) {
    TRY(auto id, find_id(*component, manifests));
    anew.insert(std::move(id));
  }
  Edited edited{effect, host_.apply_edited(manifests, anew)};
  if (!edited.applied.summary) return edited;
  manifests_ = std::move(edited.applied.manifests);
  log_.info("edited by hand", {{"edit", "weft " + text(edit)}});
  if (undoes(edit, edits_)) {
    edits_.pop_back();
  } else {
    edits_.push_back(std::move(edit));
  }
  return edited;
}

}  // namespace weft::control
