#include "host/manifest/image_ref.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace weft::manifest {
namespace {

using contracts::ImageKind;

constexpr std::string_view k_file = "file://";

bool looks_like_a_path(std::string_view text) {
  if (text.starts_with('/') || text.starts_with("./") || text.starts_with("../") || text == "." ||
      text == "..") {
    return true;
  }
  return text.ends_with(".wasm") && text.find("://") == text.npos;
}

std::string beside(const std::string& file, std::string_view path) {
  const std::filesystem::path wanted(path);
  if (wanted.is_absolute()) return wanted.lexically_normal().string();
  return (std::filesystem::path(file).parent_path() / wanted).lexically_normal().string();
}

// A folder beside the manifest is meant, not a name in a registry: whoever loads it says so.
bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

}  // namespace

contracts::ImageRef read_image(std::string_view text, const std::string& file,
                               const Providers& providers, contracts::Position at) {
  contracts::ImageRef image{
      .text = std::string(text), .resolved = std::string(text), .at = std::move(at)};
  if (text.starts_with(k_file)) {
    image.resolved = beside(file, text.substr(k_file.size()));
  } else if (looks_like_a_path(text) || is_folder(beside(file, text))) {
    image.resolved = beside(file, text);
  } else if (text.starts_with(k_builtin_prefix)) {
    image.kind = ImageKind::builtin;
  } else if (const auto* provider = providers.find_alias(without_tag(text))) {
    image.kind = ImageKind::builtin;
    image.resolved = provider->info.name;
  } else {
    image.kind = ImageKind::registry;
  }
  return image;
}

std::string_view without_tag(std::string_view reference) {
  if (reference.starts_with("oci://")) reference.remove_prefix(6);
  reference = reference.substr(0, reference.find('@'));
  const auto colon = reference.rfind(':');
  const auto slash = reference.rfind('/');
  if (colon != reference.npos && (slash == reference.npos || colon > slash))
    reference = reference.substr(0, colon);
  return reference;
}

std::string registry_advice(const contracts::ImageRef& image, const Providers& providers) {
  if (const auto* other = find_other_product(without_tag(image.text))) {
    const auto* instead = providers.find_serving(other->contract);
    if (instead == nullptr) {
      return fmt::format("That is {}. No provider that is built in serves {} yet.", other->what,
                         other->contract);
    }
    return fmt::format(
        "That is {}. The built-in provider of the same contract ({}) is another product with data "
        "of its own; to use "
        "it, change the line to\n  image: {}",
        other->what, other->contract, instead->info.name);
  }
  const auto reference = without_tag(image.text);
  const auto slash = reference.rfind('/');
  const auto name = slash == reference.npos ? reference : reference.substr(slash + 1);
  return fmt::format(
      "Put the component into a file and name that, relative to this manifest or as a URL:\n  "
      "image: ./{}.wasm\n  "
      "image: file:///path/to/{}.wasm",
      name, name);
}

}  // namespace weft::manifest
