// The messages of the control interface: those of a wasmCloud 1.x lattice (wasmcloud/control-
// interface 2.x), in JSON. What Weft adds is marked; others ignore it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/control/edits.h"

namespace weft::control {

// `wasmbus.ctl.v1.{lattice}.` and up to three words more.
struct Subject {
  std::string_view noun;  // "link"
  std::string_view verb;  // "put"
  std::string_view what;  // a host's id or a config's name; may be empty
};
// Views into `subject`. invalid: another prefix or another lattice.
Result<Subject> parse_subject(std::string_view subject, std::string_view lattice);
std::string subject(std::string_view lattice, std::string_view noun, std::string_view verb,
                    std::string_view what = {});

// Payloads of requests. invalid: what is missing or of another type, by key.
Result<PutLink> parse_put_link(std::string_view json);
Result<DeleteLink> parse_delete_link(std::string_view json);
Result<InsertLink> parse_insert_link(std::string_view json);
Result<BypassLink> parse_bypass_link(std::string_view json);
enum class AllowUpdate { no, yes };
struct ScaleRequest {
  Scale scale;        // without an image
  std::string image;  // what the component is believed to run; empty: whatever it does
  AllowUpdate allow_update = AllowUpdate::no;  // where it runs another
};
Result<ScaleRequest> parse_scale(std::string_view json);
Result<Update> parse_update(std::string_view json);
Result<StartProvider> parse_start_provider(std::string_view json);
Result<StopProvider> parse_stop_provider(std::string_view json);
struct Label {
  std::string key;
  std::optional<std::string> value;  // nullopt: it is to be deleted
};
Result<Label> parse_put_label(std::string_view json);
Result<Label> parse_delete_label(std::string_view json);
// The same, written.
std::string json_text(const PutLink& link);
std::string json_text(const DeleteLink& link);
std::string json_text(const InsertLink& link);
std::string json_text(const BypassLink& link);
std::string json_text(const Scale& scale, std::string_view host);
std::string json_text(const Update& update, std::string_view host);
std::string json_text(const StartProvider& start, std::string_view host);
std::string json_text(const StopProvider& stop, std::string_view host);
std::string json_text(const Label& label);

// Every reply: `response` is JSON, or empty for none.
struct Reply {
  bool success = false;
  std::string message;
  std::string response;
};
std::string json_text(const Reply& reply);
Result<Reply> parse_reply(std::string_view json);

struct HostInfo {
  std::string id;
  std::string friendly_name;
  std::string lattice;
  std::string version;
  std::uint64_t uptime_seconds = 0;
  std::map<std::string, std::string> labels = {};
};
struct Described {
  std::string id;
  std::string name;
  std::string image_ref;
  std::string application;                 // ours
  std::optional<std::uint64_t> instances;  // of a component: the most calls at once
};
struct Inventory {
  HostInfo host;
  std::vector<Described> components;
  std::vector<Described> providers;
  std::vector<std::string> edits;  // ours: made by hand since the manifests were applied
};
std::string json_text(const HostInfo& host);
std::string json_text(const Inventory& inventory);
// Links of every source as 1.x lists them; configs by name.
std::string json_text(const std::vector<PutLink>& links);

}  // namespace weft::control
