#include "host/control/edits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/suggest.h"
#include "host/control/edit_parts.h"
#include "host/manifest/image_ref.h"
#include "host/manifest/names.h"

namespace weft::control {
namespace {

using contracts::Component;
using contracts::ComponentKind;
using contracts::Config;
using contracts::ImageKind;
using contracts::Link;
using contracts::Manifest;

// Where findings place what was edited by hand.
constexpr const char* k_by_hand = "(by hand)";
// The application of providers that were started by hand.
constexpr const char* k_application = "by-hand";
constexpr std::string_view k_shared = "experimental.wasmcloud.dev/shared";

}  // namespace

contracts::Position by_hand() { return {.file = k_by_hand}; }

Result<Found> find(std::string_view word, std::vector<Manifest>& manifests) {
  std::vector<Found> named;
  std::vector<std::string_view> known;
  for (auto& manifest : manifests) {
    for (auto& component : manifest.components) {
      if (component.shared) continue;
      if (component.id.text() == word) return Found{manifest, component};
      if (component.name == word) named.push_back({manifest, component});
      known.push_back(component.id.text());
    }
  }
  if (named.size() == 1) return named.front();
  if (named.size() > 1) {
    return fail(Errc::invalid,
                fmt::format("several applications have a '{}': name it by its id, "
                            "{} or {}",
                            word, named[0].component.id.text(), named[1].component.id.text()));
  }
  const auto near = nearest_word(word, known);
  return fail(Errc::not_found,
              fmt::format("there is no component or provider '{}'{}", word,
                          near            ? fmt::format(". Did you mean '{}'?", *near)
                          : known.empty() ? ": nothing runs here"
                                          : fmt::format("; there are {}", fmt::join(known, ", "))));
}

Result<> check_free(std::string_view id, std::vector<Manifest>& manifests) {
  if (!manifest::is_id(id)) {
    return fail(Errc::invalid,
                fmt::format("'{}' cannot be an id: it names a folder here and a subject in a "
                            "lattice. Use letters, digits, '-' and '_', 100 characters at most",
                            id));
  }
  const auto there = find(id, manifests);
  if (!there && there.error().code == Errc::not_found) return {};
  return fail(Errc::conflict,
              fmt::format("something with the id or name '{}' is already running", id));
}

std::vector<Config> configs_of(const EndConfig& end) {
  std::vector<Config> configs;
  configs.reserve(end.names.size() + 1);
  for (const auto& name : end.names)
    configs.push_back({.name = name, .id = name, .values = std::nullopt, .at = by_hand()});
  if (end.values.empty()) return configs;
  // Without an id: no list of configs has it.
  Config own{.name = k_by_hand, .id = {}, .values = {{}}, .at = by_hand()};
  for (const auto& [key, value] : end.values) own.values->push_back({key, value, by_hand()});
  configs.push_back(std::move(own));
  return configs;
}

namespace {

void share(Manifest& manifest) {
  const auto found = std::ranges::find(manifest.annotations, k_shared, &contracts::Setting::key);
  if (found != manifest.annotations.end()) {
    found->value = "true";
  } else {
    manifest.annotations.push_back({std::string(k_shared), "true", by_hand()});
  }
}

// One that no component of `application` has: `wanted`, or that with a number.
std::string free_name(const Manifest& application, std::string wanted) {
  const auto taken = [&application](const std::string& name) {
    return std::ranges::find(application.components, name, &Component::name) !=
           application.components.end();
  };
  std::string name = wanted;
  for (int number = 2; taken(name); ++number) name = fmt::format("{}-{}", wanted, number);
  return name;
}

// The name by which components of `application` link to `target`.
std::string name_in(Manifest& application, const Found& target) {
  if (&target.application == &application) return target.component.name;
  for (const auto& component : application.components) {
    if (component.shared && component.shared->application == target.application.name.text() &&
        component.shared->component == target.component.name)
      return component.name;
  }
  share(target.application);
  Component reference;
  reference.name = free_name(application, target.component.id.str());
  reference.kind = target.component.kind;
  reference.id = target.component.id;
  reference.shared =
      contracts::SharedRef{target.application.name.str(), target.component.name, by_hand()};
  reference.at = by_hand();
  application.components.push_back(std::move(reference));
  return application.components.back().name;
}

bool same_contract(const Link& link, std::string_view name, std::string_view ns,
                   std::string_view package) {
  return link.name.text() == name && link.ns == ns && link.package == package;
}

struct Apply {
  const manifest::Providers& providers;
  std::vector<Manifest>& manifests;

  // Interfaces that led elsewhere lead to the new target; what else those links carry stays.
  Result<Effect> operator()(const PutLink& edit) const {
    if (edit.interfaces.empty()) return fail(Errc::invalid, "a link needs at least one interface");
    TRY(const auto target, find(edit.target, manifests));
    TRY(const auto first, find(edit.source, manifests));
    const auto target_name = name_in(first.application, target);
    TRY(const auto source, find(edit.source, manifests));  // it may have moved
    auto& links = source.component.links;
    for (auto& link : links) {
      if (!same_contract(link, edit.name, edit.ns, edit.package)) continue;
      std::erase_if(link.interfaces, [&](const contracts::Text& one) {
        return std::ranges::find(edit.interfaces, one.text) != edit.interfaces.end();
      });
    }
    std::erase_if(links, [](const Link& link) { return link.interfaces.empty(); });
    Link link;
    link.name = LinkName(edit.name);
    link.ns = edit.ns;
    link.package = edit.package;
    for (const auto& one : edit.interfaces) link.interfaces.push_back({one, by_hand()});
    link.source_config = configs_of(edit.source_config);
    link.target = {target_name, by_hand()};
    link.target_config = configs_of(edit.target_config);
    link.at = link.interfaces_at = by_hand();
    links.push_back(std::move(link));
    return Effect::changed;
  }

  Result<Effect> operator()(const DeleteLink& edit) const {
    TRY(const auto source, find(edit.source, manifests));
    const auto gone = std::erase_if(source.component.links, [&](const Link& link) {
      return same_contract(link, edit.name, edit.ns, edit.package);
    });
    return gone == 0 ? Effect::nothing : Effect::changed;
  }

  Result<Effect> operator()(const InsertLink& edit) const {
    return insert_link(edit, providers, manifests);
  }

  Result<Effect> operator()(const BypassLink& edit) const { return bypass_link(edit, manifests); }

  Result<Effect> operator()(const Scale& edit) const {
    TRY(const auto found, find(edit.component, manifests));
    if (found.component.kind != ComponentKind::component)
      return fail(Errc::invalid,
                  fmt::format("'{}' is a provider: only components are scaled", edit.component));
    if (!edit.image.empty()) TRY_OK(operator()(Update{edit.component, edit.image}));
    auto scaler = found.component.scaler.value_or(contracts::Scaler());
    scaler.instances = edit.count;
    found.component.scaler = std::move(scaler);
    found.component.limits.calls = edit.count;
    return Effect::changed;
  }

  Result<Effect> operator()(const Update& edit) const {
    TRY(const auto found, find(edit.component, manifests));
    if (found.component.kind != ComponentKind::component)
      return fail(Errc::invalid,
                  fmt::format("'{}' is a provider: it has no image to update", edit.component));
    auto image = manifest::read_image(edit.image, "", providers, by_hand());
    if (image.kind != ImageKind::file)
      return fail(Errc::invalid, fmt::format("'{}' is not a file. {}", edit.image,
                                             manifest::registry_advice(image, providers)));
    found.component.image = std::move(image);
    return Effect::changed;
  }

  Result<Effect> operator()(const StartProvider& edit) const {
    TRY_OK(check_free(edit.id, manifests));
    auto image = manifest::read_image(edit.image, "", providers, by_hand());
    if (image.kind != ImageKind::builtin || providers.find(image.resolved) == nullptr) {
      return fail(Errc::invalid, fmt::format("'{}' is not a built-in provider; `weft providers` "
                                             "lists them",
                                             edit.image));
    }
    auto home = std::ranges::find_if(
        manifests, [](const Manifest& one) { return one.name.text() == k_application; });
    if (home == manifests.end()) {
      Manifest made;
      made.name = ApplicationName(k_application);
      made.at = by_hand();
      home = manifests.insert(manifests.end(), std::move(made));
    }
    share(*home);
    Component provider;
    provider.name = edit.id;
    provider.kind = ComponentKind::capability;
    provider.id = ComponentId(edit.id);
    provider.image = std::move(image);
    provider.config = configs_of(edit.config);
    provider.at = by_hand();
    home->components.push_back(std::move(provider));
    return Effect::changed;
  }

  Result<Effect> operator()(const StopProvider& edit) const {
    TRY(const auto found, find(edit.id, manifests));
    if (found.component.kind != ComponentKind::capability)
      return fail(Errc::invalid, fmt::format("'{}' is a component: stop it with `weft scale {} 0`",
                                             edit.id, edit.id));
    const auto id = found.component.id;
    const auto application = found.application.name.str();
    const auto name = found.component.name;
    for (auto& manifest : manifests) {
      std::vector<std::string> gone;
      std::erase_if(manifest.components, [&](const Component& one) {
        const bool reference =
            one.shared && one.shared->application == application && one.shared->component == name;
        if (!reference && (one.shared || one.id != id)) return false;
        gone.push_back(one.name);
        return true;
      });
      for (auto& component : manifest.components) {
        std::erase_if(component.links, [&](const Link& link) {
          return std::ranges::find(gone, link.target.text) != gone.end();
        });
      }
    }
    return Effect::changed;
  }
};

// Names of configs, and keys of values: the values themselves may be secret.
std::string end_words(std::string_view prefix, const EndConfig& end) {
  std::string text;
  for (const auto& name : end.names) text += fmt::format(" --{}config {}", prefix, name);
  for (const auto& [key, value] : end.values) text += fmt::format(" --{}value {}=***", prefix, key);
  return text;
}

struct Words {
  std::string operator()(const PutLink& edit) const {
    return fmt::format("link put {} {} {} {} --interface {}{}{}{}", edit.source, edit.target,
                       edit.ns, edit.package, fmt::join(edit.interfaces, " --interface "),
                       edit.name == "default" ? "" : " --name " + edit.name,
                       end_words("source-", edit.source_config),
                       end_words("target-", edit.target_config));
  }
  std::string operator()(const DeleteLink& edit) const {
    return fmt::format("link del {} {} {}{}", edit.source, edit.ns, edit.package,
                       edit.name == "default" ? "" : " --name " + edit.name);
  }
  std::string operator()(const InsertLink& edit) const {
    return fmt::format("link insert {} {} {} {} --id {}{}{}", edit.source, edit.ns, edit.package,
                       edit.image, edit.id, edit.name == "default" ? "" : " --name " + edit.name,
                       edit.beside.empty() ? "" : " --beside " + edit.beside) +
           end_words("", edit.config) + end_words("beside-", edit.beside_config);
  }
  std::string operator()(const BypassLink& edit) const {
    return fmt::format("link bypass {}", edit.component);
  }
  std::string operator()(const Scale& edit) const {
    auto text = fmt::format("scale {} {}", edit.component, edit.count);
    return edit.image.empty() ? text : fmt::format("{}, to {}", text, edit.image);
  }
  std::string operator()(const Update& edit) const {
    return fmt::format("update {} {}", edit.component, edit.image);
  }
  std::string operator()(const StartProvider& edit) const {
    return fmt::format("start provider {} {}{}", edit.image, edit.id, end_words("", edit.config));
  }
  std::string operator()(const StopProvider& edit) const {
    return fmt::format("stop provider {}", edit.id);
  }
};

}  // namespace

std::string text(const Edit& edit) { return std::visit(Words{}, edit); }

Result<Effect> apply(const Edit& edit, const manifest::Providers& providers,
                     std::vector<Manifest>& manifests) {
  return std::visit(Apply{providers, manifests}, edit);
}

Result<ComponentId> find_id(std::string_view word, std::span<const Manifest> manifests) {
  std::vector<Manifest> copy(manifests.begin(), manifests.end());
  TRY(const auto found, find(word, copy));
  return found.component.id;
}

Result<std::string> find_image(std::string_view word, std::span<const Manifest> manifests) {
  std::vector<Manifest> copy(manifests.begin(), manifests.end());
  TRY(const auto found, find(word, copy));
  const auto& image = found.component.image;
  return image ? image->text : std::string();
}

}  // namespace weft::control
