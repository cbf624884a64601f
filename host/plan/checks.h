// The checks of make_plan, one file each.
#pragma once
#include <string>
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
// Secrets that nobody keeps, or that nobody reads.
void check_secrets(const Input& input, const World& world, manifest::Findings& findings);
std::vector<SecretUse> secrets_of(const Unit& unit);
// Grants wider than used, configuration that nothing reads, cycles.
void check_grants(const World& world, manifest::Findings& findings);
// Providers, components and links; routes come behind.
std::vector<Step> make_steps(const World& world);

// Fills in the hashes of a step whose other members are set.
void seal(Step& step);
// The interface of its target for which a word of a link is a misspelling; empty when it is none.
std::string meant_interface(const Edge& edge, const std::string& word);
// The word of `component` that nothing reads and under which a link was most likely written; null
// when there is none.
const contracts::Misspelt* misspelt_link(const contracts::Component& component
                                         [[clang::lifetimebound]]);

}  // namespace weft::plan
