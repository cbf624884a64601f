#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "host/control/messages.h"
#include "host/control/socket.h"

namespace weft::cli {
namespace {

using nlohmann::json;

constexpr std::string_view k_lattice = "default";
// A component may have to be compiled, and calls in flight to end.
constexpr std::chrono::minutes k_patience{2};

struct Question {
  std::string subject;
  std::string payload;
};

// Turns an edit into its message. `host`: id of the host that is asked.
struct Write {
  std::string_view host;
  Question operator()(const control::PutLink& edit) const {
    return {control::subject(k_lattice, "link", "put"), control::json_text(edit)};
  }
  Question operator()(const control::DeleteLink& edit) const {
    return {control::subject(k_lattice, "link", "del"), control::json_text(edit)};
  }
  Question operator()(const control::InsertLink& edit) const {
    return {control::subject(k_lattice, "link", "insert"), control::json_text(edit)};
  }
  Question operator()(const control::BypassLink& edit) const {
    return {control::subject(k_lattice, "link", "bypass"), control::json_text(edit)};
  }
  Question operator()(const control::Scale& edit) const {
    return {control::subject(k_lattice, "component", "scale", host),
            control::json_text(edit, host)};
  }
  Question operator()(const control::Update& edit) const {
    return {control::subject(k_lattice, "component", "update", host),
            control::json_text(edit, host)};
  }
  Question operator()(const control::StartProvider& edit) const {
    return {control::subject(k_lattice, "provider", "start", host), control::json_text(edit, host)};
  }
  Question operator()(const control::StopProvider& edit) const {
    return {control::subject(k_lattice, "provider", "stop", host), control::json_text(edit, host)};
  }
};

// The response, as JSON; null when there is none. invalid: the host refused, with its words.
Result<json> ask(const std::filesystem::path& state, const Question& question) {
  TRY(const auto text, control::ask(state, question.subject, question.payload, k_patience));
  TRY(auto reply, control::parse_reply(text));
  if (!reply.success) return fail(Errc::invalid, std::move(reply.message));
  if (reply.response.empty()) return json(std::move(reply.message));
  return json::parse(reply.response, nullptr, /*allow_exceptions=*/false);
}

Result<std::string> host_id(const std::filesystem::path& state) {
  TRY(const auto host, ask(state, {control::subject(k_lattice, "host", "ping"), ""}));
  return host.value("id", "");
}

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

std::string word(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string links_text(const json& links) {
  std::vector<Row> rows = {{"SOURCE", "TARGET", "NAME", "INTERFACES"}};
  for (const auto& link : links) {
    const auto interfaces = link.value("interfaces", std::vector<std::string>());
    rows.push_back({word(link, "source_id"), word(link, "target"), word(link, "name"),
                    fmt::format("{}:{}/{}", word(link, "wit_namespace"), word(link, "wit_package"),
                                fmt::join(interfaces, ","))});
  }
  return table(rows);
}

std::string inventory_text(const json& inventory) {
  auto text = fmt::format("host {} ({}), up {}, version {}\n", word(inventory, "host_id"),
                          word(inventory, "friendly_name"), word(inventory, "uptime_human"),
                          word(inventory, "version"));
  const auto labels = inventory.value("labels", json::object());
  for (const auto& [key, value] : labels.items())
    text += fmt::format("  {}={}\n", key, word(labels, key.c_str()));
  text += "\n";
  std::vector<Row> rows = {{"COMPONENT", "APPLICATION", "CALLS AT ONCE", "IMAGE"}};
  for (const auto& one : inventory.value("components", json::array()))
    rows.push_back({word(one, "id"), word(one, "application"), word(one, "max_instances"),
                    word(one, "image_ref")});
  text += table(rows) + "\n";
  rows = {{"PROVIDER", "APPLICATION", "IMAGE"}};
  for (const auto& one : inventory.value("providers", json::array()))
    rows.push_back({word(one, "id"), word(one, "application"), word(one, "image_ref")});
  text += table(rows);
  const auto edits = inventory.value("edits", std::vector<std::string>());
  if (edits.empty()) return text;
  text += "\nchanged by hand, until the manifest is applied again\n";
  for (const auto& edit : edits) text += fmt::format("  weft {}\n", edit);
  return text;
}

Result<std::string> query(const Global& global, ControlQuery asked) {
  TRY(const auto state, state_dir(global));
  Question question{control::subject(k_lattice, "link", "get"), ""};
  if (asked == ControlQuery::inventory) {
    TRY(const auto id, host_id(state));
    question.subject = control::subject(k_lattice, "host", "get", id);
  }
  TRY(const auto response, ask(state, question));
  if (global.output == Output::json) return response.dump(2) + "\n";
  return asked == ControlQuery::links ? links_text(response) : inventory_text(response);
}

// `make`: the question, given the id of the host.
Result<std::string> operate(const Global& global,
                            const std::function<Question(const std::string&)>& make) {
  TRY(const auto state, state_dir(global));
  TRY(const auto id, host_id(state));
  TRY(const auto said, ask(state, make(id)));
  const auto message = said.is_string() ? said.get<std::string>() : said.dump();
  if (global.output == Output::json) return json({{"message", message}}).dump() + "\n";
  return message + "\n";
}

Exit say(const Result<std::string>& text, const Global& global, Surroundings& around) {
  if (!text) return say_error(text.error(), global, around);
  around.out(*text);
  return Exit::ok;
}

}  // namespace

Exit run_control(const Global& global, const ControlEdit& options, Surroundings& around) {
  const auto question = [&](const std::string& id) { return std::visit(Write{id}, options.edit); };
  return say(operate(global, question), global, around);
}

Exit run_control(const Global& global, ControlAction options, Surroundings& around) {
  const auto question = [&](const std::string& id) {
    return options == ControlAction::reload
               ? Question{control::subject(k_lattice, "manifests", "reload", id), ""}
               : Question{control::subject(k_lattice, "host", "stop", id), ""};
  };
  return say(operate(global, question), global, around);
}

Exit run_control(const Global& global, const ControlLabel& options, Surroundings& around) {
  const auto question = [&](const std::string& id) {
    return Question{control::subject(k_lattice, "label", options.value ? "put" : "del", id),
                    control::json_text(control::Label{options.key, options.value})};
  };
  return say(operate(global, question), global, around);
}

Exit run_control(const Global& global, ControlQuery options, Surroundings& around) {
  return say(query(global, options), global, around);
}

}  // namespace weft::cli
