// The checks of make_plan, one file each.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/plan/world.h"

namespace weft::plan {

// Links that the target cannot serve or the source cannot use; imports that nothing satisfies;
// versions and signatures that do not fit.
void check_links(const World& world, manifest::Findings& findings);
void check_imports(const Input& input, const World& world, manifest::Findings& findings);
// The routes of HTTP servers, checked against each other.
std::vector<Step> make_routes(const World& world, manifest::Findings& findings);
// Configuration of providers: keys that they do not take.
void check_provider_config(const World& world, manifest::Findings& findings);
// Subjects of messages that are none.
void check_subscriptions(const World& world, manifest::Findings& findings);
// Secrets that nobody keeps, or that nobody reads.
void check_secrets(const Input& input, const World& world, manifest::Findings& findings);
std::vector<SecretUse> secrets_of(const Unit& unit);
// Settings with what is secret among them apart; keys in lower case.
struct ProviderSettings {
  Settings plain;
  std::vector<SecretUse> secret;  // by key
};
// Of the provider itself.
ProviderSettings settings_of(const Unit& provider);
// Of the provider that the link leads to: those of the link before its own.
ProviderSettings settings_of(const Edge& edge);
// Of the provider that the link leaves: those of the link before its own.
ProviderSettings settings_at_source(const Edge& edge);
// Grants wider than used, configuration that nothing reads, events that reach nobody, cycles.
void check_grants(const Input& input, const World& world, manifest::Findings& findings);
// Providers, components and links; routes come behind.
std::vector<Step> make_steps(const World& world, const Input& input);

// That flat contracts which it imports or exports are those that everybody has.
void check_flat_contracts(const Unit& unit, manifest::Findings& findings);
// What is wrong with the functions that one side has, for the other that wants these: a line each.
std::vector<std::string> differences(std::span<const contracts::FunctionType> wanted,
                                     std::string_view who_wants,
                                     std::span<const contracts::FunctionType> offered,
                                     std::string_view who_offers);

// Fills in the hashes of a step whose other members are set.
void seal(Step& step);
// The interface of its target for which a word of a link is a misspelling; empty when it is none.
std::string meant_interface(const Edge& edge, const std::string& word);
// The word of `component` that nothing reads and under which a link was most likely written; null
// when there is none.
const contracts::Misspelt* misspelt_link(const contracts::Component& component
                                         [[clang::lifetimebound]]);

}  // namespace weft::plan
