#include "engine/artifact.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/component_type.h"
#include "engine/guest_context.h"

namespace weft::engine {
namespace {

using contracts::InterfaceType;

// The three functions below are what the guest's stack calls; they only find whose call it is.
void on_import(void* slot, const eng_call* call, eng_image arguments) {
  GuestContext::from(eng_call_context(call))
      .on_import(*static_cast<const ImportSlot*>(slot), call, from_engine(arguments));
}

void on_drop(void*, void* context, std::uint32_t handle) {
  GuestContext::from(context).on_drop(handle);
}

GuestRequest& request_of(void* user) { return *static_cast<GuestRequest*>(user); }

eng_client_sink client_sink(ImportSlot& slot) {
  eng_client_sink sink{};
  sink.import_user = &slot;
  sink.start = [](void* of_slot, void* context, const eng_client* client,
                  const eng_client_request* sent) -> void* {
    return GuestContext::from(context).on_request(*static_cast<const ImportSlot*>(of_slot), client,
                                                  *sent);
  };
  sink.push = [](void* user, eng_slice chunk, bool end, const eng_header* trailers,
                 std::size_t count) {
    request_of(user).push(view(chunk), end ? contracts::Body::ended : contracts::Body::more,
                          {trailers, count});
  };
  sink.credit = [](void* user, std::size_t bytes) { request_of(user).credit(bytes); };
  sink.cancel = [](void* user) { request_of(user).on_cancelled(); };
  return sink;
}

std::string shown(const contracts::InterfaceName& name) {
  return name.ns.empty() ? name.interface : name.text();
}

}  // namespace

Artifact::Artifact(std::string name, std::string digest, std::string wasm,
                   ComponentHandle component, contracts::ComponentType type,
                   std::vector<const contracts::Adapter*> adapters)
    : name_(std::move(name)),
      digest_(std::move(digest)),
      wasm_(std::move(wasm)),
      component_(std::move(component)),
      type_(std::move(type)),
      adapters_(std::move(adapters)) {}

Artifact::~Artifact() = default;

const contracts::Adapter* Artifact::adapter_of(const contracts::InterfaceName& name) const {
  for (const auto* adapter : adapters_) {
    if (std::ranges::find(adapter->interfaces(), name) != adapter->interfaces().end())
      return adapter;
  }
  return nullptr;
}

Result<const Linked*> Artifact::linked(const eng_engine& engine) const {
  const std::lock_guard lock(mutex_);
  if (!linked_) linked_ = link(engine);
  if (!*linked_) return std::unexpected(linked_->error());
  return linked_->value().get();
}

Result<std::unique_ptr<const Linked>> Artifact::link(const eng_engine& engine) const {
  Text failure;
  const LinkerHandle linker(eng_linker_new(&engine, Text::take, &failure));
  if (!linker) return std::move(failure).as(Errc::internal);
  auto linked = std::make_unique<Linked>();
  for (const auto& import : type_.imports) {
    if (is_builtin(import.name)) continue;
    TRY_OK(define(*linker, import, *linked).context(name_));
  }
  linked->pre.reset(eng_pre_new(linker.get(), component_.get(), Text::take, &failure));
  if (!linked->pre) return fail(Errc::invalid, name_ + ": " + failure.text);
  const bool answers_http = std::ranges::any_of(type_.exports, [](const InterfaceType& offered) {
    return offered.name.unversioned() == "wasi:http/incoming-handler";
  });
  if (answers_http) {
    linked->http.reset(eng_http_new(linked->pre.get(), Text::take, &failure));
    if (!linked->http) return fail(Errc::invalid, name_ + ": " + failure.text);
  }
  return linked;
}

Result<> Artifact::define(eng_linker& linker, const InterfaceType& import, Linked& linked) const {
  const std::string interface = shown(import.name);
  Text failure;
  if (sends_http(import.name)) {
    auto& slot = *linked.slots.emplace_back(
        std::make_unique<ImportSlot>(ImportSlot{.name = import.name,
                                                .interface = interface,
                                                .function = "handle",
                                                .index = linked.slots.size()}));
    if (eng_linker_http(&linker, slice(interface), client_sink(slot), Text::take, &failure))
      return {};
    return fail(Errc::invalid, fmt::format("import {}: {}", interface, failure.text));
  }
  const auto* service = contracts::find_host_service(import.name);
  const auto* adapter = service == nullptr ? adapter_of(import.name) : nullptr;
  if (service == nullptr && adapter == nullptr && !import.resources.empty()) {
    return fail(Errc::invalid, fmt::format("it imports the resource {} of {}; resources can only "
                                           "be imported from capabilities that "
                                           "Weft knows in exactly this version",
                                           import.resources.front(), interface));
  }
  for (const auto& resource : import.resources) {
    if (!eng_linker_resource(&linker, component_.get(), slice(interface), slice(resource), on_drop,
                             nullptr, Text::take, &failure)) {
      return fail(Errc::invalid, fmt::format("import {}: {}", interface, failure.text));
    }
  }
  for (const auto& function : import.functions) {
    auto& slot = *linked.slots.emplace_back(std::make_unique<ImportSlot>(
        ImportSlot{import.name, interface, function.name, service, adapter, linked.slots.size()}));
    if (!eng_linker_func(&linker, component_.get(), slice(interface), slice(function.name),
                         on_import, &slot,
                         /*off_fiber=*/true, Text::take, &failure)) {
      return fail(Errc::invalid,
                  fmt::format("import {}.{}: {}", interface, function.name, failure.text));
    }
  }
  return {};
}

Result<std::string> Artifact::print(std::string_view interface, std::string_view function,
                                    WaveSide side, const contracts::Image& image) const {
  Text text;
  Text failure;
  const auto which = side == WaveSide::parameters ? ENG_PARAMS : ENG_RESULT;
  const eng_slice bytes{reinterpret_cast<const std::uint8_t*>(image.data()), image.size()};
  if (!eng_wave_print(component_.get(), slice(interface), slice(function), which, bytes, Text::take,
                      &text, Text::take, &failure)) {
    return std::move(failure).as(Errc::invalid);
  }
  return std::move(text.text);
}

Result<contracts::Image> Artifact::parse(std::string_view interface, std::string_view function,
                                         WaveSide side, std::string_view text) const {
  Text failure;
  eng_image image{};
  const auto which = side == WaveSide::parameters ? ENG_PARAMS : ENG_RESULT;
  if (!eng_wave_parse(component_.get(), slice(interface), slice(function), which, slice(text),
                      &image, Text::take, &failure)) {
    return std::move(failure).as(Errc::invalid);
  }
  return from_engine(image);
}

}  // namespace weft::engine
