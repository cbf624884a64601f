// weft:keyvalue/store itself, as components import it: the calls leave as they are, and what fails
// on its way comes back as the contract's own error, as it does through the public forms.
#pragma once
#include <memory>

#include "contracts/adapter.h"

namespace weft::contracts::keyvalue {

std::unique_ptr<Adapter> flat_adapter();

}  // namespace weft::contracts::keyvalue
