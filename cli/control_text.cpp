#include "cli/control_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace weft::cli {
namespace {

using nlohmann::json;
using Row = std::vector<std::string>;

// Columns as wide as their widest word.
std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::unexpected<Error> foreign(std::string_view what) {
  return fail(Errc::invalid,
              fmt::format("the host answered in a form that weft {} does not know (`{}`): it is of "
                          "another version; ask it with the weft that runs it, or with --output "
                          "json",
                          WEFT_VERSION, what));
}

// Empty where there is none.
std::string word(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// The members of a list or an object; none where there is no such key.
Result<json> members(const json& object, const char* key, json::value_t type) {
  if (!object.is_object()) return foreign(key);
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return json(type);
  if (found->type() != type) return foreign(key);
  return *found;
}

Result<std::vector<std::string>> texts(const json& object, const char* key) {
  TRY(const auto list, members(object, key, json::value_t::array));
  std::vector<std::string> made;
  for (const auto& one : list) {
    if (!one.is_string()) return foreign(key);
    made.push_back(one.get<std::string>());
  }
  return made;
}

json parsed(std::string_view response) {
  return json::parse(response, nullptr, /*allow_exceptions=*/false);
}

Result<std::string> things(const json& inventory, const char* key, Row head,
                           const std::vector<const char*>& columns) {
  TRY(const auto list, members(inventory, key, json::value_t::array));
  std::vector<Row> rows{std::move(head)};
  for (const auto& one : list) {
    if (!one.is_object()) return foreign(key);
    Row row;
    row.reserve(columns.size());
    for (const auto* column : columns) row.push_back(word(one, column));
    rows.push_back(std::move(row));
  }
  return table(rows);
}

}  // namespace

Result<std::string> host_id_of(std::string_view response) {
  const auto host = parsed(response);
  const auto id = host.is_object() ? host.find("id") : host.end();
  if (id == host.end() || !id->is_string()) return foreign("id");
  return id->get<std::string>();
}

Result<std::string> links_text(std::string_view response) {
  const auto links = parsed(response);
  if (!links.is_array()) return foreign("response");
  std::vector<Row> rows = {{"SOURCE", "TARGET", "NAME", "INTERFACES"}};
  for (const auto& link : links) {
    TRY(const auto interfaces, texts(link, "interfaces"));
    rows.push_back({word(link, "source_id"), word(link, "target"), word(link, "name"),
                    fmt::format("{}:{}/{}", word(link, "wit_namespace"), word(link, "wit_package"),
                                fmt::join(interfaces, ","))});
  }
  return table(rows);
}

Result<std::string> inventory_text(std::string_view response) {
  const auto inventory = parsed(response);
  TRY(const auto labels, members(inventory, "labels", json::value_t::object));
  auto text = fmt::format("host {} ({}), up {}, version {}\n", word(inventory, "host_id"),
                          word(inventory, "friendly_name"), word(inventory, "uptime_human"),
                          word(inventory, "version"));
  for (const auto& [key, value] : labels.items())
    text += fmt::format("  {}={}\n", key, word(labels, key.c_str()));
  TRY(const auto components,
      things(inventory, "components", {"COMPONENT", "APPLICATION", "CALLS AT ONCE", "IMAGE"},
             {"id", "application", "max_instances", "image_ref"}));
  TRY(const auto providers, things(inventory, "providers", {"PROVIDER", "APPLICATION", "IMAGE"},
                                   {"id", "application", "image_ref"}));
  text += "\n" + components + "\n" + providers;
  TRY(const auto edits, texts(inventory, "edits"));
  if (edits.empty()) return text;
  text += "\nchanged by hand, until the manifest is applied again\n";
  for (const auto& edit : edits) text += fmt::format("  weft {}\n", edit);
  return text;
}

}  // namespace weft::cli
