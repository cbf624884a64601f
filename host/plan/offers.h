// What a unit offers to others, by interface and version.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/plan/world.h"

namespace weft::plan {

// For people.
inline constexpr std::string_view k_version_rule =
    "Versions fit when their first number that is not 0 is the same (0.2.6 meets 0.2.3); drafts "
    "only when they are "
    "equal. Build one side against the version of the other.";

// Whatever their versions.
bool same_interface(const contracts::InterfaceName& a, const contracts::InterfaceName& b);
// Whether a component that imports it may call something.
bool is_called(const contracts::InterfaceType& import);
// Those that are names of interfaces.
std::vector<contracts::InterfaceName> parsed(std::span<const std::string_view> texts);
// What others may import from a component that exports this. One that answers HTTP requests takes
// those that others send; one that exports a flat contract is a provider of it.
std::vector<contracts::InterfaceName> offered_as(const contracts::InterfaceName& exported);
// Every version in which a unit offers an interface, as full names; empty when it does not offer
// it.
std::vector<contracts::InterfaceName> offers(const Unit& unit,
                                             const contracts::InterfaceName& wanted);
bool is_known(const Unit& unit);
// Null: none has a version that fits.
const contracts::InterfaceName* fitting(const std::vector<contracts::InterfaceName>& offered,
                                        const contracts::InterfaceName& wanted);
// "a, b and c".
std::string joined(const std::vector<contracts::InterfaceName>& names);
// The link's list with every misspelling mended.
std::vector<std::string> corrected(const Edge& edge);

}  // namespace weft::plan
