// Components that are put into running links and taken out again.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "contracts/flat_contract.h"
#include "host/control/edit_parts.h"
#include "host/manifest/image_ref.h"

namespace weft::control {
namespace {

using contracts::Component;
using contracts::ComponentKind;
using contracts::Config;
using contracts::FlatContract;
using contracts::InterfaceName;
using contracts::Link;
using contracts::Manifest;
using contracts::Secret;

bool is_of(std::string_view interface, std::string_view ns, std::string_view package) {
  const auto name = InterfaceName::parse(interface);
  return name && name->ns == ns && name->package == package;
}

// Behind which links of this package lead to whoever serves it; null when there is none.
const FlatContract* flat_of(std::string_view ns, std::string_view package) {
  for (const auto& one : contracts::flat_contracts()) {
    if (std::ranges::any_of(one.served, [&](auto served) { return is_of(served, ns, package); }))
      return &one;
  }
  return nullptr;
}

// The provider that is started for a component alone.
std::string beside(const Component& component) { return component.id.str() + "-beside"; }

Link link_to(const std::string& target, std::string_view ns, std::string_view package) {
  Link link;
  link.ns = ns;
  link.package = package;
  link.target = {target, by_hand()};
  link.at = link.interfaces_at = by_hand();
  return link;
}

// Links for all that `info` serves but the flat contract itself, which leads on.
void add_links(const contracts::ProviderInfo& info, const FlatContract& flat,
               const std::string& target, std::vector<Link>& links) {
  for (const auto served : info.serves) {
    const auto name = InterfaceName::parse(served);
    if (!name || served == flat.interface) continue;
    auto link = std::ranges::find_if(links, [&](const Link& one) {
      return one.ns == name->ns && one.package == name->package && one.target.text == target;
    });
    if (link == links.end())
      link = links.insert(links.end(), link_to(target, name->ns, name->package));
    if (std::ranges::find(link->interfaces, name->interface, &contracts::Text::text) ==
        link->interfaces.end())
      link->interfaces.push_back({name->interface, by_hand()});
  }
}

bool same_config(const Config& a, const Config& b) {
  const auto pair = [](const contracts::Setting& one) { return std::tie(one.key, one.value); };
  if (!a.values || !b.values) return !a.values && !b.values && a.id == b.id;
  return std::ranges::equal(*a.values, *b.values, {}, pair, pair);
}

bool same_secret(const Secret& a, const Secret& b) {
  return std::tie(a.name, a.policy, a.key, a.field) == std::tie(b.name, b.policy, b.key, b.field);
}

// Whether both lead to one target with the same settings: one link can then take their place.
bool same_end(const Link& a, const Link& b) {
  return a.target.text == b.target.text &&
         std::ranges::equal(a.target_config, b.target_config, same_config) &&
         std::ranges::equal(a.target_secrets, b.target_secrets, same_secret);
}

// The links of `source` that the edit names, which all lead to one target.
Result<std::vector<Link*>> links_of(const InsertLink& edit, Component& source) {
  std::vector<Link*> found;
  for (auto& link : source.links) {
    if (link.name.text() == edit.name && link.ns == edit.ns && link.package == edit.package)
      found.push_back(&link);
  }
  if (found.empty()) {
    return fail(Errc::not_found, fmt::format("'{}' has no link named '{}' for {}:{}", edit.source,
                                             edit.name, edit.ns, edit.package));
  }
  for (const auto* link : found) {
    if (same_end(*link, *found.front())) continue;
    if (link->target.text == found.front()->target.text) {
      return fail(Errc::invalid,
                  fmt::format("the links of '{}' for {}:{} lead to '{}' with different settings: "
                              "bring them together with `weft link put` first",
                              edit.source, edit.ns, edit.package, link->target.text));
    }
    return fail(Errc::invalid,
                fmt::format("the links of '{}' for {}:{} lead to '{}' and to '{}': bring them "
                            "together with `weft link put` first",
                            edit.source, edit.ns, edit.package, found.front()->target.text,
                            link->target.text));
  }
  return found;
}

Result<Component> provider_beside(const InsertLink& edit, const manifest::Providers& providers,
                                  const Component& component) {
  auto image = manifest::read_image(edit.beside, "", providers, by_hand());
  if (image.kind != contracts::ImageKind::builtin || providers.find(image.resolved) == nullptr) {
    return fail(
        Errc::invalid,
        fmt::format("'{}' is not a built-in provider; `weft providers` lists them", edit.beside));
  }
  Component provider;
  provider.name = beside(component);
  provider.kind = ComponentKind::capability;
  provider.id = ComponentId(beside(component));
  provider.image = std::move(image);
  provider.config = configs_of(edit.beside_config);
  provider.at = by_hand();
  return provider;
}

// As many calls at once as its source makes: it must not be what they wait for.
Result<Component> inserted(const InsertLink& edit, const manifest::Providers& providers,
                           const Component& source) {
  auto image = manifest::read_image(edit.image, "", providers, by_hand());
  if (image.kind != contracts::ImageKind::file) {
    return fail(Errc::invalid, fmt::format("'{}' is not a file. {}", edit.image,
                                           manifest::registry_advice(image, providers)));
  }
  Component component;
  component.name = edit.id;
  component.id = ComponentId(edit.id);
  component.image = std::move(image);
  component.scaler = source.scaler;
  component.limits.calls = source.limits.calls;
  component.at = by_hand();
  return component;
}

// Whoever calls it can call what it leads on to instead.
Result<> check_used_only_for(const Component& component, const Manifest& application,
                             const FlatContract& flat, const std::vector<Manifest>& manifests) {
  for (const auto& manifest : manifests) {
    for (const auto& one : manifest.components) {
      if (!one.shared || one.shared->application != application.name.text() ||
          one.shared->component != component.name)
        continue;
      return fail(Errc::invalid, fmt::format("the application '{}' uses '{}', too: move its links "
                                             "with `weft link put` first",
                                             manifest.name.text(), component.name));
    }
  }
  for (const auto& one : application.components) {
    for (const auto& link : one.links) {
      if (link.target.text != component.name || flat_of(link.ns, link.package) == &flat) continue;
      return fail(Errc::invalid,
                  fmt::format("'{}' is linked to '{}' for {}:{}, which '{}' does not lead on",
                              one.name, component.name, link.ns, link.package, component.name));
    }
  }
  return {};
}

}  // namespace

Result<Effect> insert_link(const InsertLink& edit, const manifest::Providers& providers,
                           std::vector<Manifest>& manifests) {
  const auto* flat = flat_of(edit.ns, edit.package);
  if (flat == nullptr) {
    return fail(Errc::invalid,
                fmt::format("{}:{} has no flat contract, so no component can stand in a link of it",
                            edit.ns, edit.package));
  }
  TRY_OK(check_free(edit.id, manifests));
  TRY(const auto source, find(edit.source, manifests));
  TRY(const auto links, links_of(edit, source.component));
  TRY(auto component, inserted(edit, providers, source.component));
  TRY(const auto onward, InterfaceName::parse(flat->interface));
  auto& next =
      component.links.emplace_back(link_to(links.front()->target.text, onward.ns, onward.package));
  next.interfaces.push_back({onward.interface, by_hand()});
  next.target = links.front()->target;
  next.target_config = links.front()->target_config;
  next.target_secrets = links.front()->target_secrets;
  for (auto* link : links) {
    link->target = {component.name, by_hand()};
    link->target_config = configs_of(edit.config);
    link->target_secrets.clear();
  }
  if (!edit.beside.empty()) {
    TRY_OK(check_free(beside(component), manifests));
    TRY(auto provider, provider_beside(edit, providers, component));
    if (const auto& image = provider.image)
      add_links(providers.find(image->resolved)->info, *flat, provider.name, component.links);
    source.application.components.push_back(std::move(provider));
  }
  source.application.components.push_back(std::move(component));  // ends `source`
  return Effect::changed;
}

Result<Effect> bypass_link(const BypassLink& edit, std::vector<Manifest>& manifests) {
  TRY(const auto found, find(edit.component, manifests));
  const Component gone = found.component;
  auto& components = found.application.components;
  const auto onward = std::ranges::find_if(gone.links, [](const Link& link) {
    return link.name.text() == "default" &&
           std::ranges::any_of(contracts::flat_contracts(), [&](const FlatContract& one) {
             return is_of(one.interface, link.ns, link.package);
           });
  });
  if (onward == gone.links.end()) {
    return fail(Errc::invalid,
                fmt::format("'{}' stands in no link: it leads on to nothing", edit.component));
  }
  TRY_OK(check_used_only_for(gone, found.application, *flat_of(onward->ns, onward->package),
                             manifests));
  for (auto& component : components) {
    for (auto& link : component.links) {
      if (link.target.text != gone.name) continue;
      link.target = onward->target;
      link.target_config = onward->target_config;
      link.target_secrets = onward->target_secrets;
    }
  }
  std::erase_if(components, [&](const Component& one) {
    return one.name == gone.name || (one.name == beside(gone) && one.at.file == by_hand().file);
  });
  return Effect::changed;
}

}  // namespace weft::control
