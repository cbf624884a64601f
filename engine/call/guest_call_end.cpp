// What the engine says during and after a call: imports, results, reports.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "engine/call/guest_call.h"

namespace weft::engine {

void GuestCall::on_import(const ImportSlot& slot, const eng_call* call,
                          contracts::Image arguments) {
  has_begun();
  auto idle = std::ranges::find_if(imports_, [](const auto& import) { return !import->busy(); });
  if (idle == imports_.end()) idle = imports_.insert(idle, std::make_unique<ImportCall>(*this));
  (*idle)->begin(slot, call, std::move(arguments));
}

GuestRequest* GuestCall::on_request(const ImportSlot& slot, const eng_client* client,
                                    const eng_client_request& request) {
  has_begun();
  auto* call = OutgoingCall::begin(*this, slot, client, request);
  if (call != nullptr) outgoing_.push_back(call);
  return call;
}

void GuestCall::import_failed(const eng_call* call, Error error) {
  const std::string message = error.message;
  failed_import_ = std::move(error);
  eng_call_trap(call, slice(message));
}

// The caller goes on while the instance is taken apart.
void GuestCall::on_returned(void* self, eng_image result) {
  static_cast<GuestCall*>(self)->reply(from_engine(result));
}

// There was no place: they are for the next start.
void GuestCall::on_unused(void* self, eng_image arguments) {
  static_cast<GuestCall*>(self)->arguments_ = from_engine(arguments);
}

void GuestCall::on_done(void* self, const eng_report* report) {
  static_cast<GuestCall*>(self)->over(report);
}

void GuestCall::on_exited(void* self, const eng_report* report, std::uint32_t code) {
  auto& call = *static_cast<GuestCall*>(self);
  auto* end = report == nullptr ? std::exchange(call.command_end_, nullptr) : nullptr;
  call.over(report);
  if (end != nullptr) end->on_exit(code);
}

void GuestCall::over(const eng_report* report) {
  over_ = true;
  full_ = report != nullptr && report->end == ENG_BUSY;
  if (full_) {
    if (!starting_) at_turn_end();
    return;
  }
  exchange_ = nullptr;
  caller_ = nullptr;
  if (report != nullptr) {
    reply(std::unexpected(error_of(*report)));
  } else if (!refused_.empty()) {
    reply(fail(Errc::invalid, fmt::format("{} answered with the error code {}",
                                          shard_.component_->id(), refused_)),
          contracts::parse_http_code(refused_));
  } else if (kind_ == Kind::http) {
    reply(contracts::Image());
  }
  if (!starting_) at_turn_end();
}

Error GuestCall::error_of(const eng_report& report) {
  const Component& component = *shard_.component_;
  if (failed_import_ && report.end == ENG_HOST) {
    return std::move(*failed_import_).context(component.id());
  }
  if (report.end == ENG_HALFWAY) {
    return {Errc::unavailable,
            fmt::format("{}: the engine has no place for the rest of this guest, try again later",
                        component.id())};
  }
  const std::string ids = fmt::format("request {}, trace {}", contracts::text(context_.request),
                                      context_.trace.trace_text());
  std::string reason(view(report.message));
  Error error;
  if (const auto key = limit_key(report.limit_kind); !key.empty()) {
    reason = component.limit_message({.key = key, .value = report.limit, .used = report.wanted});
    error = {Errc::exhausted, fmt::format("{} ({})", reason, ids)};
  } else if (report.end == ENG_GUEST) {
    reason = fmt::format("{} gave no proper answer: {}", component.id(), reason);
    error = {Errc::invalid, fmt::format("{} ({})", reason, ids)};
  } else if (report.end == ENG_PANIC) {
    reason = fmt::format("a defect of the engine ended {}: {}", component.id(), reason);
    error = {Errc::internal, fmt::format("{} ({})", reason, ids)};
  } else {
    error = {Errc::trapped, fmt::format("{} trapped: {} ({})", component.id(), reason, ids)};
  }
  log_report(report, error, std::move(reason));
  return error;
}

void GuestCall::log_report(const eng_report& report, const Error& error, std::string reason) {
  TrapReport full;
  full.component = shard_.component_->id();
  switch (kind_) {
    case Kind::plain:
      full.interface = function_->asked;
      full.function = function_->name;
      break;
    case Kind::http:
      full.interface = "wasi:http/incoming-handler";
      full.function = "handle";
      break;
    case Kind::command:
      full.interface = "wasi:cli/run";
      full.function = "run";
      break;
  }
  full.kind = error.code;
  full.reason = std::move(reason);
  for (const auto& frame : std::span(report.frames, report.frame_count)) {
    full.frames.push_back({std::string(view(frame.module)), std::string(view(frame.function)),
                           std::string(view(frame.file)), frame.line, frame.offset});
  }
  full.chain = contracts::chain_text(context_.chain);
  if (wrote_) full.last_lines = output_->tail();
  full.request = context_.request;
  full.trace = context_.trace.trace_text();
  full.cpu_ns = report.cpu_ns;
  full.memory = report.memory;
  full.artifact = shard_.component_->spec().artifact;
  thread_.reporter.report(std::move(full));
}

}  // namespace weft::engine
