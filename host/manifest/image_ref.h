// What an `image:` line means.
#pragma once
#include <string>
#include <string_view>

#include "contracts/manifest.h"
#include "host/manifest/providers.h"

namespace weft::manifest {

// A path (`./api.wasm`, `/srv/api.wasm`, `build/api.wasm`) or a `file://` URL is a file; a relative
// one starts at the folder of the manifest `file`; so does the name of a folder there. A name of
// ours (`weft:…`) or an alias of it is a built-in provider, known or not. Everything else is in a
// registry.
contracts::ImageRef read_image(std::string_view text, const std::string& file,
                               const Providers& providers, contracts::Position at);

// `ghcr.io/acme/api:1.0@sha256:…` without tag and digest.
std::string_view without_tag(std::string_view reference);

// What to do about an image that stands in a registry, for the suggestion of the error.
std::string registry_advice(const contracts::ImageRef& image, const Providers& providers);

}  // namespace weft::manifest
