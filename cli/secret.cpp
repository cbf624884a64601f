#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "base/bytes.h"
#include "cli/commands.h"
#include "contracts/image_codec.h"
#include "host/files/atomic_file.h"
#include "host/secrets/component_secrets.h"
#include "host/state_dir.h"

namespace weft::cli {
namespace {

using contracts::SecretKind;
using secrets::SecretBytes;
using secrets::SecretName;
using secrets::SecretsFile;

constexpr std::size_t k_most_bytes = 16 << 20;

SecretName name_of(const SecretOptions& options) { return {options.key, options.field}; }

Result<std::filesystem::path> file_of(const Global& global, const SecretOptions& options) {
  if (!options.file.empty()) return std::filesystem::path(options.file);
  TRY(const auto state, state_dir(global));
  return secrets::default_file(state);
}

Result<SecretBytes> key_for(const std::filesystem::path& file, const SecretOptions& options) {
  const secrets::KeySource source{options.key_file, options.key_variable};
  return secrets::read_key(source, file, secrets::Ask::yes);
}

Result<SecretBytes> value_of(const SecretOptions& options) {
  if (options.value) {
    SecretBytes value(options.value->size());
    if (value.size() != 0) std::memcpy(value.bytes().data(), options.value->data(), value.size());
    return value;
  }
  if (::isatty(STDIN_FILENO) == 1)
    return secrets::ask_secret(fmt::format("Value of {}: ", text(name_of(options))));
  TRY(auto value, secrets::read_input(k_most_bytes));
  if (options.kind == SecretKind::bytes) return value;
  return secrets::without_newline(std::move(value));
}

Result<std::string> put(const SecretOptions& options, const std::filesystem::path& file) {
  TRY(const auto value, value_of(options));
  if (options.kind == SecretKind::text && !contracts::valid_utf8(text_of(value.bytes())))
    return fail(Errc::invalid, "the value is no text of UTF-8; store it with --bytes");
  if (file.has_parent_path()) TRY_OK(host::make_state_folder(file.parent_path()));
  TRY(const auto key, key_for(file, options));
  TRY(const auto lock, host::FileLock::take(file.string() + ".lock"));
  TRY(auto opened, SecretsFile::open(file, key));
  TRY_OK(opened.put(name_of(options), {options.kind, value.bytes()}));
  TRY_OK(opened.save());
  return fmt::format("{} is kept in {}\n", text(name_of(options)), file.string());
}

Result<std::string> list(const Global& global, const SecretsFile& file) {
  auto all = nlohmann::json::array();
  std::string lines;
  for (const auto& [name, value] : file.all()) {
    all.push_back({{"key", name.key}, {"field", name.field}});
    lines += text(name) + "\n";
  }
  return global.output == Output::json ? all.dump(2) + "\n" : lines;
}

// The value goes straight to `out`, so that no copy of it stays behind.
Result<std::string> get(const Global& global, const SecretOptions& options,
                        const std::filesystem::path& path, const SecretsFile& file,
                        Surroundings& around) {
  const auto* value = file.find(name_of(options));
  if (value == nullptr) {
    return fail(Errc::not_found,
                fmt::format("there is no secret {} in {}", text(name_of(options)), path.string()));
  }
  if (options.reveal == Reveal::no) {
    if (global.output == Output::json) {
      return nlohmann::json({{"key", options.key},
                             {"field", options.field},
                             {"kind", value->kind == SecretKind::text ? "text" : "bytes"},
                             {"bytes", value->bytes.size()}})
                 .dump(2) +
             "\n";
    }
    return fmt::format("{} is there: {} of {} bytes; --reveal prints it\n", text(name_of(options)),
                       value->kind == SecretKind::text ? "a text" : "bytes", value->bytes.size());
  }
  around.out(text_of(value->bytes));
  return std::string(value->kind == SecretKind::text ? "\n" : "");
}

Result<std::string> remove(const SecretOptions& options, const std::filesystem::path& file,
                           const SecretBytes& key) {
  TRY(const auto lock, host::FileLock::take(file.string() + ".lock"));
  TRY(auto opened, SecretsFile::open(file, key));
  TRY_OK(opened.remove(name_of(options)));
  TRY_OK(opened.save());
  return fmt::format("{} is gone\n", text(name_of(options)));
}

Result<std::string> act(const Global& global, const SecretOptions& options, Surroundings& around) {
  TRY(const auto file, file_of(global, options));
  if (options.action == StoreAction::put) return put(options, file);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (options.action == StoreAction::list) return std::string();
    return fail(Errc::not_found, fmt::format("there is no file of secrets {}", file.string()));
  }
  TRY(const auto key, key_for(file, options));
  if (options.action == StoreAction::remove) return remove(options, file, key);
  TRY(const auto opened, SecretsFile::open(file, key));
  if (options.action == StoreAction::get) return get(global, options, file, opened, around);
  return list(global, opened);
}

}  // namespace

Exit run_secret(const Global& global, const SecretOptions& options, Surroundings& around) {
  const auto text = act(global, options, around);
  if (!text) {
    (void)say_error(text.error(), global, around);
    return Exit::failed;
  }
  around.out(*text);
  return Exit::ok;
}

}  // namespace weft::cli
