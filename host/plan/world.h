// Manifests with every name looked up: who is what, and which link leads from whom to whom.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "host/plan/plan.h"

namespace weft::plan {

struct Unit {
  const contracts::Manifest* application;
  const contracts::Component* component;
  const contracts::ProviderInfo* provider = nullptr;  // of a capability
  const Loaded* loaded = nullptr;                     // of a component, when its file could be read
  bool starts() const { return !component->scaler || component->scaler->instances > 0; }
};

// The ends are what runs, also where the manifest names another application's component.
struct Edge {
  const contracts::Link* link;
  const contracts::Manifest* application;  // that declares the link
  const Unit* source;
  const Unit* target;
};

// Points into the Input it was made of.
struct World {
  std::vector<Unit>
      units;  // without references to shared components; in the order of the manifests
  std::vector<Edge> edges;  // with both ends known
};

World make_world(const Input& input, manifest::Findings& findings);

// Its letters of ASCII in lower case.
std::string lower(std::string_view text);

// The settings of a list of configs, later ones win. Keys in lower case for providers.
enum class Keys { as_written, lower_case };
Settings merged(const std::vector<contracts::Config>& configs, Keys keys);

}  // namespace weft::plan
