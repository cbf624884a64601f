// Changes by hand of what a host is to run: each is an edit of its manifests, so that everything
// that holds for a manifest holds for it, too. Pure.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "contracts/manifest.h"
#include "contracts/provider.h"
#include "host/manifest/providers.h"

namespace weft::control {

// What one end of a link is told: configs by name, then values given in place, which win.
struct EndConfig {
  std::vector<std::string> names;
  contracts::Settings values;
};

// Components and providers are named by their id, or by their name where only one has it.
struct PutLink {
  std::string source;
  std::string target;
  std::string name = "default";
  std::string ns;       // "wasi"
  std::string package;  // "keyvalue"
  std::vector<std::string> interfaces;
  EndConfig source_config, target_config;
};
struct DeleteLink {
  std::string source;
  std::string name = "default";
  std::string ns;
  std::string package;
};
struct Scale {
  std::string component;
  std::uint64_t count = 0;  // the most calls at once; 0 stops it
  std::string image = {};   // as Update has it; empty: the one it has
};
struct Update {
  std::string component;
  std::string image;  // a file, absolute or relative to the host's working directory
};
struct StartProvider {
  std::string id;
  std::string image;  // "weft:keyvalue-redis"
  EndConfig config;
};
struct StopProvider {
  std::string id;
};
// Starts a component, has the links of `source` lead to it, and it to where they led.
struct InsertLink {
  std::string source;
  std::string name = "default";
  std::string ns;
  std::string package;
  std::string image;   // a file, as that of Update
  std::string id;      // of the component
  EndConfig config;    // what the link tells it
  std::string beside;  // a built-in provider that is started for it alone and serves its other
                       // imports; empty: none
  EndConfig beside_config;
};
// Ends a component and has links that lead to it lead on to where it led; what was started beside
// it ends with it.
struct BypassLink {
  std::string component;
};
using Edit = std::variant<PutLink, DeleteLink, InsertLink, BypassLink, Scale, Update, StartProvider,
                          StopProvider>;

// For people, in the words of the command line: "link put app-counter app-redis wasi keyvalue".
std::string text(const Edit& edit);

// Whether the edit says nothing new: it deletes a link that is not there.
enum class Effect { changed, nothing };

// Edits `manifests`; after an error they may be half edited: give a copy. not_found: no such
// component, with the one that was meant; invalid: an image that is none, a component in the place
// of a provider; conflict: a provider with that id is there.
Result<Effect> apply(const Edit& edit, const manifest::Providers& providers,
                     std::vector<contracts::Manifest>& manifests);

// The id of what runs under this id or name.
Result<ComponentId> find_id(std::string_view word, std::span<const contracts::Manifest> manifests);
// The image of it, as its manifest or an edit has it.
Result<std::string> find_image(std::string_view word,
                               std::span<const contracts::Manifest> manifests);

}  // namespace weft::control
