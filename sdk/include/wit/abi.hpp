// The canonical ABI of the component model (0.2), written once as templates: what generated headers
// include.
#pragma once
#include "aggregates.hpp"
#include "calls.hpp"
#include "cases.hpp"
#include "core.hpp"
#include "handles.hpp"
#include "lists.hpp"
