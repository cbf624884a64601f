#include "host/control/messages.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace weft::control {
namespace {

using nlohmann::json;

constexpr std::string_view k_prefix = "wasmbus.ctl.v1.";

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Typed access to an object; the first thing that is wrong is kept.
class Fields {
 public:
  explicit Fields(std::string_view text)
      : root_(json::parse(text, nullptr, /*allow_exceptions=*/false)) {
    if (!root_.is_object()) error_ = "the payload is not a JSON object";
  }

  std::string text(const char* key) {
    const auto* value = find(key);
    if (value == nullptr) return missing(key), std::string();
    if (!value->is_string()) return wrong(key, "a string"), std::string();
    return value->get<std::string>();
  }
  std::string text(const char* key, std::string_view otherwise) {
    return find(key) == nullptr ? std::string(otherwise) : text(key);
  }
  std::uint64_t count(const char* key) {
    const auto* value = find(key);
    if (value == nullptr) return missing(key), 0;
    if (!value->is_number_unsigned()) return wrong(key, "a whole number from 0"), 0;
    return value->get<std::uint64_t>();
  }
  bool is_true(const char* key) {
    const auto* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) return wrong(key, "true or false"), false;
    return value->get<bool>();
  }
  // What would change something and is not taken here must be empty.
  void refuse(const char* key, std::string_view advice) {
    const auto* value = find(key);
    if (value != nullptr && !value->empty() && error_.empty())
      error_ = fmt::format("`{}` is not taken here: {}", key, advice);
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> made;
    const auto* value = find(key);
    if (value == nullptr) return made;
    if (!value->is_array()) return wrong(key, "a list of strings"), made;
    for (const auto& one : *value) {
      if (!one.is_string()) return wrong(key, "a list of strings"), made;
      made.push_back(one.get<std::string>());
    }
    return made;
  }
  contracts::Settings settings(const char* key) {
    contracts::Settings made;
    const auto* value = find(key);
    if (value == nullptr) return made;
    if (!value->is_object()) return wrong(key, "a map of strings"), made;
    for (const auto& [name, one] : value->items()) {
      if (!one.is_string()) return wrong(key, "a map of strings"), made;
      made.emplace(name, one.get<std::string>());
    }
    return made;
  }

  template <class T>
  Result<T> done(T made) {
    if (!error_.empty()) return fail(Errc::invalid, std::move(error_));
    return made;
  }

 private:
  const json* find(const char* key) const {
    if (!root_.is_object()) return nullptr;
    const auto found = root_.find(key);
    return found == root_.end() || found->is_null() ? nullptr : &*found;
  }
  void missing(const char* key) {
    if (error_.empty()) error_ = fmt::format("`{}` is missing", key);
  }
  void wrong(const char* key, std::string_view type) {
    if (error_.empty()) error_ = fmt::format("`{}` is not {}", key, type);
  }

  json root_;
  std::string error_;
};

json link_json(const PutLink& link) {
  json made = {{"source_id", link.source},
               {"target", link.target},
               {"name", link.name},
               {"wit_namespace", link.ns},
               {"wit_package", link.package},
               {"interfaces", link.interfaces},
               {"source_config", link.source_config.names},
               {"target_config", link.target_config.names}};
  // Ours: values in place of the names of stored configs.
  if (!link.source_config.values.empty()) made["source_values"] = link.source_config.values;
  if (!link.target_config.values.empty()) made["target_values"] = link.target_config.values;
  return made;
}

json host_json(const HostInfo& host) {
  const auto seconds = host.uptime_seconds;
  std::string human;
  for (const auto& [unit, size] :
       std::array{std::pair("d", 86'400U), std::pair("h", 3'600U), std::pair("m", 60U)}) {
    if (const auto part = seconds / size %
                          (size == 86'400U  ? 1'000'000
                           : size == 3'600U ? 24
                                            : 60);
        part != 0)
      human += fmt::format("{}{} ", part, unit);
  }
  human += fmt::format("{}s", seconds % 60);
  return {{"friendly_name", host.friendly_name},
          {"labels", host.labels},
          {"version", host.version},
          {"uptime_seconds", seconds},
          {"uptime_human", human}};
}

json described(const Described& one) {
  json made = {{"id", one.id},     {"image_ref", one.image_ref},
               {"name", one.name}, {"annotations", json::object()},
               {"revision", 0},    {"application", one.application}};
  if (one.instances) {
    made["max_instances"] = *one.instances;
    made["limits"] = nullptr;
  }
  return made;
}

}  // namespace

Result<Subject> parse_subject(std::string_view subject, std::string_view lattice) {
  const auto prefix = fmt::format("{}{}.", k_prefix, lattice);
  if (!subject.starts_with(prefix)) {
    return fail(
        Errc::invalid,
        fmt::format("'{}' is not a subject of this host: those begin with {}", subject, prefix));
  }
  subject.remove_prefix(prefix.size());
  Subject parsed;
  for (auto* word : {&parsed.noun, &parsed.verb}) {
    const auto dot = subject.find('.');
    *word = subject.substr(0, dot);
    subject = dot == subject.npos ? std::string_view() : subject.substr(dot + 1);
  }
  parsed.what = subject;
  return parsed;
}

std::string subject(std::string_view lattice, std::string_view noun, std::string_view verb,
                    std::string_view what) {
  return fmt::format("{}{}.{}.{}{}{}", k_prefix, lattice, noun, verb, what.empty() ? "" : ".",
                     what);
}

Result<PutLink> parse_put_link(std::string_view text) {
  Fields fields(text);
  return fields.done(
      PutLink{.source = fields.text("source_id"),
              .target = fields.text("target"),
              .name = fields.text("name", "default"),
              .ns = fields.text("wit_namespace"),
              .package = fields.text("wit_package"),
              .interfaces = fields.texts("interfaces"),
              .source_config = {fields.texts("source_config"), fields.settings("source_values")},
              .target_config = {fields.texts("target_config"), fields.settings("target_values")}});
}

Result<DeleteLink> parse_delete_link(std::string_view text) {
  Fields fields(text);
  return fields.done(DeleteLink{.source = fields.text("source_id"),
                                .name = fields.text("name", "default"),
                                .ns = fields.text("wit_namespace"),
                                .package = fields.text("wit_package")});
}

Result<InsertLink> parse_insert_link(std::string_view text) {
  Fields fields(text);
  return fields.done(
      InsertLink{.source = fields.text("source_id"),
                 .name = fields.text("name", "default"),
                 .ns = fields.text("wit_namespace"),
                 .package = fields.text("wit_package"),
                 .image = fields.text("component_ref"),
                 .id = fields.text("component_id"),
                 .config = {fields.texts("target_config"), fields.settings("target_values")},
                 .beside = fields.text("provider_ref", ""),
                 .beside_config = {fields.texts("config"), fields.settings("config_values")}});
}

Result<BypassLink> parse_bypass_link(std::string_view text) {
  Fields fields(text);
  return fields.done(BypassLink{fields.text("component_id")});
}

Result<ScaleRequest> parse_scale(std::string_view text) {
  Fields fields(text);
  fields.refuse("config", "the manifest names the configs of its components");
  fields.refuse("component_limits", "the manifest has the limits of its components");
  ScaleRequest request{
      .scale = {.component = fields.text("component_id"), .count = fields.count("count")},
      .image = fields.text("component_ref", ""),
      .allow_update = fields.is_true("allow_update") ? AllowUpdate::yes : AllowUpdate::no};
  return fields.done(std::move(request));
}

Result<Update> parse_update(std::string_view text) {
  Fields fields(text);
  return fields.done(
      Update{.component = fields.text("component_id"), .image = fields.text("new_component_ref")});
}

Result<StartProvider> parse_start_provider(std::string_view text) {
  Fields fields(text);
  return fields.done(
      StartProvider{.id = fields.text("provider_id"),
                    .image = fields.text("provider_ref"),
                    .config = {fields.texts("config"), fields.settings("config_values")}});
}

Result<StopProvider> parse_stop_provider(std::string_view text) {
  Fields fields(text);
  auto id = fields.text("provider_id", "");
  // What older clients call it.
  if (id.empty()) id = fields.text("provider_ref");
  return fields.done(StopProvider{std::move(id)});
}

Result<Label> parse_put_label(std::string_view text) {
  Fields fields(text);
  return fields.done(Label{fields.text("key"), fields.text("value")});
}

Result<Label> parse_delete_label(std::string_view text) {
  Fields fields(text);
  return fields.done(Label{fields.text("key"), std::nullopt});
}

std::string json_text(const PutLink& link) { return dump(link_json(link)); }

std::string json_text(const DeleteLink& link) {
  return dump({{"source_id", link.source},
               {"name", link.name},
               {"wit_namespace", link.ns},
               {"wit_package", link.package}});
}

std::string json_text(const InsertLink& link) {
  return dump({{"source_id", link.source},
               {"name", link.name},
               {"wit_namespace", link.ns},
               {"wit_package", link.package},
               {"component_ref", link.image},
               {"component_id", link.id},
               {"target_config", link.config.names},
               {"target_values", link.config.values},
               {"provider_ref", link.beside},
               {"config", link.beside_config.names},
               {"config_values", link.beside_config.values}});
}

std::string json_text(const BypassLink& link) { return dump({{"component_id", link.component}}); }

std::string json_text(const Scale& scale, std::string_view host) {
  return dump({{"component_id", scale.component},
               {"component_ref", scale.image},
               {"allow_update", !scale.image.empty()},
               {"count", scale.count},
               {"host_id", host}});
}

std::string json_text(const Update& update, std::string_view host) {
  return dump(
      {{"component_id", update.component}, {"new_component_ref", update.image}, {"host_id", host}});
}

std::string json_text(const StartProvider& start, std::string_view host) {
  return dump({{"provider_id", start.id},
               {"provider_ref", start.image},
               {"host_id", host},
               {"config", start.config.names},
               {"config_values", start.config.values}});
}

std::string json_text(const StopProvider& stop, std::string_view host) {
  return dump({{"provider_id", stop.id}, {"host_id", host}});
}

std::string json_text(const Label& label) {
  json made = {{"key", label.key}};
  if (label.value) made["value"] = *label.value;
  return dump(made);
}

std::string json_text(const Reply& reply) {
  json made = {{"success", reply.success}, {"message", reply.message}};
  if (!reply.response.empty())
    made["response"] = json::parse(reply.response, nullptr, /*allow_exceptions=*/false);
  return dump(made);
}

Result<Reply> parse_reply(std::string_view text) {
  const auto root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto success = root.is_object() ? root.find("success") : root.end();
  const auto message = root.is_object() ? root.find("message") : root.end();
  if (success == root.end() || !success->is_boolean() || message == root.end() ||
      !message->is_string())
    return fail(Errc::invalid, fmt::format("the host's reply is not one: {}", text.substr(0, 200)));
  Reply reply{success->get<bool>(), message->get<std::string>(), {}};
  if (const auto response = root.find("response"); response != root.end())
    reply.response = dump(*response);
  return reply;
}

std::string json_text(const HostInfo& host) {
  auto made = host_json(host);
  made["id"] = host.id;
  made["lattice"] = host.lattice;
  return dump(made);
}

std::string json_text(const Inventory& inventory) {
  auto made = host_json(inventory.host);
  made["host_id"] = inventory.host.id;
  made["components"] = json::array();
  made["providers"] = json::array();
  for (const auto& one : inventory.components) made["components"].push_back(described(one));
  for (const auto& one : inventory.providers) made["providers"].push_back(described(one));
  made["edits"] = inventory.edits;
  return dump(made);
}

std::string json_text(const std::vector<PutLink>& links) {
  auto made = json::array();
  for (const auto& link : links) made.push_back(link_json(link));
  return dump(made);
}

}  // namespace weft::control
