#include "cli/manifests.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "base/result.h"
#include "host/manifest/read_manifest.h"

namespace weft::cli {
namespace {

Result<std::string> read_text(const std::filesystem::path& file, std::string_view command) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return fail(Errc::invalid, fmt::format("this is a folder; name the manifest in it, such as {}",
                                           (file / "app.yaml").string()));
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return fail(Errc::not_found,
                errno == ENOENT
                    ? fmt::format("there is no such file; name a manifest: weft {} FILE", command)
                    : fmt::format("it cannot be read: {}", std::generic_category().message(errno)));
  }
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.starts_with(std::string_view("\0asm", 4))) {
    return fail(Errc::invalid,
                fmt::format("this is WebAssembly, not a manifest; run it with: weft run {}",
                            file.string()));
  }
  return text;
}

}  // namespace

ManifestSet read_manifests(std::span<const std::filesystem::path> files, std::string_view command,
                           const manifest::Providers& providers) {
  ManifestSet set;
  for (const auto& file : files) {
    const auto text = read_text(file, command);
    if (!text) {
      set.findings.error({.file = file.string()}, text.error().message);
      continue;
    }
    auto read = manifest::read_manifest(*text, file.string(), providers);
    set.findings.append(std::move(read.findings));
    if (read.manifest) set.manifests.push_back(*std::move(read.manifest));
  }
  return set;
}

}  // namespace weft::cli
