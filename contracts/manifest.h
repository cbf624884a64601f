// An application as its manifest declares it: what wadm reads, plus our own traits. Plain data,
// filled by host/manifest, which has checked everything that can be checked without looking at
// images.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "contracts/limits.h"

namespace weft::contracts {

// Where something stands in a manifest: line and column from 1, the column in bytes. Line 0:
// nowhere.
struct Position {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// A word of the manifest and where it stands.
struct Text {
  std::string text;
  Position at;
};

// One `key: value` of a map of strings.
struct Setting {
  std::string key;
  std::string value;
  Position at;
};

// A named group of settings. With values it belongs to the manifest; without, it must exist
// already.
struct Config {
  std::string name;
  std::string id;  // `{manifest}-{name}` sanitised when it has values, else `name`
  std::optional<std::vector<Setting>> values;
  Position at;
};

struct Policy {
  std::string name;
  std::string type;
  std::vector<Setting> properties;
  Position at;
};

struct Secret {
  std::string name;
  std::string id;  // `SECRET_{manifest}-{name}`, sanitised
  std::string policy;
  std::string key;
  std::optional<std::string> field;
  std::optional<std::string> version;
  Position at;
};

struct Spread {
  std::string name = "default";
  std::vector<Setting> requirements;  // labels that a host must carry
  std::uint64_t weight = 100;
  Position at;
};

enum class ScalerKind { spread, daemon };

struct Scaler {
  ScalerKind kind = ScalerKind::spread;
  std::uint64_t instances = 0;  // the most calls at once; 0: not started
  std::vector<Spread> spreads;
  Position at;
};

// The grant: the component that carries the link may call `interfaces` of `target`.
struct Link {
  LinkName name{"default"};
  std::string ns;       // "wasi"
  std::string package;  // "keyvalue"
  std::vector<Text> interfaces;
  std::vector<Config> source_config;
  std::vector<Secret> source_secrets;
  Text target;  // the name of a component of this manifest; every target exists
  std::vector<Config> target_config;
  std::vector<Secret> target_secrets;
  Position at;
  Position interfaces_at;  // of the list
};

enum class ImageKind {
  file,      // `resolved` is a path: absolute, or relative to the working directory
  builtin,   // `resolved` is a name of ours: "weft:http-server"
  registry,  // an OCI reference
};

struct ImageRef {
  ImageKind kind = ImageKind::file;
  std::string text;  // as written
  std::string resolved;
  Position at;
};

// A component of another application that this one uses.
struct SharedRef {
  std::string application;
  std::string component;
  Position at;
};

enum class ComponentKind { component, capability };
enum class IdOrigin { made, written };

// A limit that the manifest sets, for errors that name the line. `key` is LimitSpec::key.
struct LimitOrigin {
  std::string_view key;
  Position at;
};

// A word that nothing reads and that likely was meant to be another.
struct Misspelt {
  std::string word;
  std::string meant;
  Position at;
};

struct Component {
  std::string name;
  ComponentKind kind = ComponentKind::component;
  ComponentId id;
  IdOrigin id_origin = IdOrigin::made;
  // One of the two.
  std::optional<ImageRef> image;
  std::optional<SharedRef> shared;
  std::vector<Config> config;
  std::vector<Secret> secrets;
  std::optional<Scaler> scaler;
  std::vector<Link> links;
  Limits limits;  // with `calls` from the scaler
  std::vector<LimitOrigin> limit_origins;
  Position at;
  Position traits_at;  // of the first trait; line 0 without traits
  std::vector<Misspelt> misspelt;
};

struct Manifest {
  ApplicationName name;
  std::string version;  // empty when absent
  std::string description;
  std::vector<Setting> annotations;
  std::vector<Setting> labels;
  std::vector<Policy> policies;
  std::vector<Component> components;
  Position at;
};

}  // namespace weft::contracts
