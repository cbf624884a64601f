#include "host/control/control.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <chrono>
#include <utility>

namespace weft::control {
namespace {

using contracts::ComponentKind;

std::unexpected<Error> unsupported() { return fail(Errc::invalid, "unsupported subject"); }

// Why an edit was refused: every finding that is an error, or the failure.
std::string why(const host::Applied& applied) {
  if (applied.failure) return applied.failure->message;
  std::string text;
  for (const auto& finding : applied.findings.all()) {
    if (finding.severity != manifest::Severity::error) continue;
    text += (text.empty() ? "" : "\n") + manifest::text(finding);
  }
  return text;
}

// What shares a component of another application stands for that component.
ComponentId target_of(const contracts::Manifest& application, const std::string& name,
                      std::span<const contracts::Manifest> all) {
  for (const auto& component : application.components) {
    if (component.name != name) continue;
    if (!component.shared) return component.id;
    for (const auto& other : all) {
      if (other.name.text() != component.shared->application) continue;
      for (const auto& one : other.components) {
        if (one.name == component.shared->component) return one.id;
      }
    }
  }
  return ComponentId(name);
}

std::vector<std::string> names_of(const std::vector<contracts::Config>& configs) {
  std::vector<std::string> names;
  names.reserve(configs.size());
  for (const auto& config : configs) {
    if (!config.id.empty()) names.push_back(config.id);
  }
  return names;
}

// As 1.x has them on every host.
std::map<std::string, std::string> own_labels() {
  std::map<std::string, std::string> labels{{"hostcore.os", "linux"},
                                            {"hostcore.osfamily", "unix"}};
  utsname system{};
  if (::uname(&system) == 0) labels["hostcore.arch"] = system.machine;
  return labels;
}

}  // namespace

Control::Control(Identity identity, Desired& desired, Actions actions, const Clock& clock)
    : identity_(std::move(identity)),
      desired_(desired),
      actions_(std::move(actions)),
      clock_(clock),
      started_(clock.now()),
      labels_(own_labels()) {}

std::string Control::answer(std::string_view subject, std::string_view payload) {
  const auto handled = [&]() -> Result<Reply> {
    TRY(const auto parsed, parse_subject(subject, identity_.lattice));
    return dispatch(parsed, payload);
  }();
  if (handled) return json_text(*handled);
  return json_text(Reply{.success = false, .message = handled.error().message, .response = {}});
}

Result<Reply> Control::dispatch(const Subject& subject, std::string_view payload) {
  if (subject.noun == "host") return host(subject);
  if (subject.noun == "link") return link(subject, payload);
  if (subject.noun == "component") return component(subject, payload);
  if (subject.noun == "provider") return provider(subject, payload);
  if (subject.noun == "label") return label(subject, payload);
  if (subject.noun == "manifests") return manifests(subject);
  return unsupported();
}

Result<> Control::check_host(const Subject& subject) const {
  if (subject.what == identity_.id) return {};
  return fail(Errc::not_found,
              fmt::format("this is the host {}, not {}", identity_.id, subject.what));
}

Result<Reply> Control::host(const Subject& subject) {
  if (subject.verb == "ping") return Reply{true, "", json_text(info())};
  if (subject.verb != "get" && subject.verb != "stop") return unsupported();
  TRY_OK(check_host(subject));
  if (subject.verb == "get") return Reply{true, "", json_text(inventory())};
  actions_.stop();
  return Reply{true, "successfully handled stop host", {}};
}

Result<Reply> Control::label(const Subject& subject, std::string_view payload) {
  if (subject.verb != "put" && subject.verb != "del") return unsupported();
  TRY_OK(check_host(subject));
  TRY(auto label, subject.verb == "put" ? parse_put_label(payload) : parse_delete_label(payload));
  if (label.key.starts_with("hostcore."))
    return fail(Errc::invalid, "hostcore.* labels cannot be set dynamically");
  if (!label.value) {
    const bool there = labels_.erase(label.key) > 0;
    return Reply{
        true,
        there ? "successfully deleted label" : "successfully deleted label (no such label)",
        {}};
  }
  labels_.insert_or_assign(std::move(label.key), *std::move(label.value));
  return Reply{true, "successfully put label", {}};
}

Result<Reply> Control::manifests(const Subject& subject) {
  if (subject.verb != "reload") return unsupported();
  TRY_OK(check_host(subject));
  TRY_OK(actions_.reload());
  return Reply{true, "the manifests were read again", {}};
}

Result<Reply> Control::link(const Subject& subject, std::string_view payload) {
  if (subject.verb == "get") return Reply{true, "", json_text(links())};
  if (subject.verb == "put") {
    TRY(auto link, parse_put_link(payload));
    return edit(std::move(link), "successfully set link");
  }
  if (subject.verb == "insert") {
    TRY(auto link, parse_insert_link(payload));
    auto done =
        fmt::format("{} stands in the link; `weft link bypass {}` takes it out", link.id, link.id);
    return edit(std::move(link), std::move(done));
  }
  if (subject.verb == "bypass") {
    TRY(auto link, parse_bypass_link(payload));
    return edit(std::move(link), "the links lead on past it, and it has ended");
  }
  if (subject.verb != "del") return unsupported();
  TRY(auto link, parse_delete_link(payload));
  return edit(std::move(link), "successfully deleted link");
}

Result<Reply> Control::component(const Subject& subject, std::string_view payload) {
  if (subject.verb != "scale" && subject.verb != "update") return unsupported();
  TRY_OK(check_host(subject));
  if (subject.verb == "scale") return scale(payload);
  TRY(auto update, parse_update(payload));
  auto done = fmt::format("component {} updated to {}", update.component, update.image);
  return edit(std::move(update), std::move(done));
}

Result<Reply> Control::scale(std::string_view payload) {
  TRY(auto request, parse_scale(payload));
  auto& scale = request.scale;
  auto done = fmt::format("component {} takes {} calls at once", scale.component, scale.count);
  TRY(const auto runs, find_image(scale.component, desired_.manifests()));
  if (request.image.empty() || request.image == runs)
    return edit(std::move(scale), std::move(done));
  const bool update = request.allow_update == AllowUpdate::yes;
  // In the words of 1.x.
  done += fmt::format(
      ". Requested to scale existing component to a different image reference: {} != {}. {}", runs,
      request.image,
      update ? "It was updated."
             : "The image reference was not updated. If you meant to update this component to a "
               "new image ref, use the update command.");
  if (update) scale.image = std::move(request.image);
  return edit(std::move(scale), std::move(done));
}

Result<Reply> Control::provider(const Subject& subject, std::string_view payload) {
  if (subject.verb != "start" && subject.verb != "stop") return unsupported();
  TRY_OK(check_host(subject));
  if (subject.verb == "start") {
    TRY(auto start, parse_start_provider(payload));
    return edit(std::move(start), "successfully started provider");
  }
  TRY(auto stop, parse_stop_provider(payload));
  return edit(std::move(stop), "successfully stopped provider");
}

Result<Reply> Control::edit(Edit edit, std::string done) {
  TRY(const auto edited, desired_.edit(std::move(edit)));
  if (edited.effect == Effect::nothing) return Reply{true, done + " (there was none)", {}};
  if (!edited.applied.summary) return fail(Errc::invalid, why(edited.applied));
  return Reply{true, std::move(done), {}};
}

HostInfo Control::info() const {
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - started_);
  return {.id = identity_.id,
          .friendly_name = identity_.name,
          .lattice = identity_.lattice,
          .version = identity_.version,
          .uptime_seconds = static_cast<std::uint64_t>(up.count()),
          .labels = labels_};
}

Inventory Control::inventory() const {
  Inventory inventory{.host = info(), .components = {}, .providers = {}, .edits = {}};
  for (const auto& application : desired_.manifests()) {
    for (const auto& component : application.components) {
      if (component.shared || !component.image) continue;
      Described one{.id = component.id.str(),
                    .name = component.name,
                    .image_ref = component.image->text,
                    .application = application.name.str(),
                    .instances = std::nullopt};
      if (component.kind == ComponentKind::capability) {
        inventory.providers.push_back(std::move(one));
      } else if (!component.scaler || component.scaler->instances > 0) {
        one.instances = component.limits.calls;
        inventory.components.push_back(std::move(one));
      }
    }
  }
  for (const auto& edit : desired_.edits()) inventory.edits.push_back(text(edit));
  return inventory;
}

// Without the values that were given in place: they may be secret.
std::vector<PutLink> Control::links() const {
  std::vector<PutLink> links;
  for (const auto& application : desired_.manifests()) {
    for (const auto& component : application.components) {
      for (const auto& link : component.links) {
        PutLink one{.source = component.id.str(),
                    .target = target_of(application, link.target.text, desired_.manifests()).str(),
                    .name = link.name.str(),
                    .ns = link.ns,
                    .package = link.package,
                    .interfaces = {},
                    .source_config = {names_of(link.source_config), {}},
                    .target_config = {names_of(link.target_config), {}}};
        for (const auto& interface : link.interfaces) one.interfaces.push_back(interface.text);
        links.push_back(std::move(one));
      }
    }
  }
  return links;
}

}  // namespace weft::control
