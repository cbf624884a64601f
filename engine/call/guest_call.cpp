#include "engine/call/guest_call.h"

#include <fmt/format.h>

#include <utility>

namespace weft::engine {
namespace {

// A call that has used this much CPU at its first run is one of those that compute.
constexpr std::uint64_t k_slice_ns = 1'000'000;

bool stands_in(const std::shared_ptr<const contracts::Frame>& chain, std::string_view component) {
  for (const auto* frame = chain.get(); frame != nullptr; frame = frame->caller.get()) {
    if (frame->component == component) return true;
  }
  return false;
}

}  // namespace

GuestCall::GuestCall(ComponentShard& shard)
    : shard_(shard),
      thread_(shard.thread_),
      alarm_(shard.thread_.loop.io().get_executor(), shard.thread_.clock, [this] { on_alarm(); }) {}

GuestCall::~GuestCall() {
  if (at_turn_end_) thread_.loop.turn().forget(*this);
}

contracts::Pending GuestCall::begin_plain(contracts::Context context, LinkSettings settings,
                                          const Function& function, contracts::Image arguments,
                                          contracts::Replier& replier) {
  kind_ = Kind::plain;
  settings_ = std::move(settings);
  function_ = &function;
  arguments_ = std::move(arguments);
  replier_ = &replier;
  return begin(std::move(context));
}

contracts::Pending GuestCall::begin_http(contracts::Context context, LinkSettings settings,
                                         const contracts::HttpCall& call,
                                         contracts::Replier& replier) {
  if (auto checked = check_request(*call.request); !checked) {
    auto& counters = shard_.counters_;
    counters.calls.add(1);
    counters.errors[static_cast<std::size_t>(checked.error().code)].add(1);
    answer_refusal(*call.caller);
    shard_.recycle(*this);
    replier.on_reply({std::unexpected(std::move(checked).error())});
    return {};
  }
  kind_ = Kind::http;
  settings_ = std::move(settings);
  caller_ = call.caller;
  request_ = call.request;
  replier_ = &replier;
  caller_->on_sent();
  return begin(std::move(context));
}

contracts::Pending GuestCall::begin_command(contracts::Context context, CommandEnd& end) {
  kind_ = Kind::command;
  command_end_ = &end;
  return begin(std::move(context));
}

contracts::Pending GuestCall::begin(contracts::Context context) {
  context_ = std::move(context);
  shard_.counters_.calls.add(1);
  shard_.counters_.in_flight.add(1);
  const std::uint64_t generation = generation_;
  if (enter()) start();
  // The call may be over, and this object busy with another.
  if (generation != generation_) return {};
  const bool told = replier_ == nullptr && command_end_ == nullptr;
  if (stage_ != Stage::running) keep_request();
  return told ? contracts::Pending() : contracts::Pending(*this);
}

// True if the guest may start now; otherwise it waits, or has been refused and is over.
bool GuestCall::enter() {
  Gate& gate = shard_.gate_;
  switch (gate.enter(*this, context_.hops)) {
    case Entry::admitted:
      break;
    case Entry::waiting:
      if (refuse(gate, Entry::waiting)) return false;
      stage_ = Stage::waiting_at_component;
      shard_.counters_.waiting.add(1);
      arm();
      return false;
    case Entry::refused:
      refuse(gate, Entry::refused);
      return false;
  }
  return enter_pool();
}

// The same, with a place at the component's gate, which a refusal gives back.
bool GuestCall::enter_pool() {
  switch (thread_.pool.enter(*this, context_.hops)) {
    case Entry::admitted:
      return true;
    case Entry::waiting:
      stage_ = Stage::waiting_at_pool;
      shard_.counters_.waiting.add(1);
      arm();
      return false;
    case Entry::refused:
      shard_.gate_.leave();
      turn_away(
          fmt::format("{} has no place for a call with {} callers above it: all {} calls that this "
                      "thread can run are under way, and some of them may wait for this one",
                      shard_.component_->id(), context_.hops, thread_.pool.running()));
  }
  return false;
}

// Whether a call that found no place is refused: when the queue is full, or when those who have the
// places are among its own callers, so that it would wait for them and they for it.
bool GuestCall::refuse(const Gate& gate, Entry entry) {
  const bool cycle = stands_in(context_.chain, shard_.component_->id());
  if (!cycle && entry != Entry::refused) return false;
  shard_.gate_.withdraw(*this);
  const Component& component = *shard_.component_;
  if (cycle) {
    turn_away(fmt::format("{} has no place for a call that comes from itself: {}", component.id(),
                          component.limit_message({.key = "calls"})));
  } else {
    turn_away(fmt::format("{} has {} calls under way and {} waiting, try again later; {}",
                          component.id(), gate.running(), gate.waiting(),
                          component.limit_message({.key = "waiting"})));
  }
  return true;
}

void GuestCall::turn_away(std::string message) {
  shard_.counters_.refused.add(1);
  stage_ = Stage::idle;
  reply(fail(Errc::unavailable, std::move(message)));
  become_idle();
}

void GuestCall::on_admitted(Gate& gate) {
  shard_.counters_.waiting.sub(1);
  if (&gate == &shard_.gate_ && !enter_pool()) return;
  start();
}

Result<const eng_task*> GuestCall::start_task() {
  const Component& component = *shard_.component_;
  const Linked& linked = component.linked();
  switch (kind_) {
    case Kind::http:
      return start_http();
    case Kind::plain:
      return eng_call_fresh(linked.pre.get(), function_->handle.get(),
                            to_engine(std::move(arguments_)), &component.limits(),
                            shard_.configured_.setting.get(), GuestContext::pointer(),
                            thread_.loop.executor(), {this, on_returned, on_unused, on_done});
    case Kind::command:
      break;
  }
  Text failure;
  const auto* task = eng_command_start(
      linked.pre.get(), &component.limits(), shard_.configured_.setting.get(),
      GuestContext::pointer(), thread_.loop.executor(), {this, on_exited}, Text::take, &failure);
  if (task == nullptr)
    return fail(Errc::invalid, fmt::format("{}: {}", component.id(), failure.text));
  return task;
}

void GuestCall::keep_request() {
  if (request_ == nullptr || kept_ != nullptr) return;
  kept_ = std::make_unique<contracts::KeptRequest>(*request_);
  request_ = &kept_->request();
}

// The guest is there and has its own copies of what it started with.
void GuestCall::has_begun() {
  if (std::exchange(begun_, true)) return;
  request_ = nullptr;
  kept_.reset();
  arguments_ = {};
}

void GuestCall::start() {
  stage_ = Stage::running;
  thread_.guests.began(context_.hops);
  const auto where = shard_.first_run();
  // It may turn out that there is no place when the views of the request are gone.
  if (where == FirstRun::second_queue) keep_request();
  auto task = start_task();
  if (!task) return stop(std::move(task).error());
  task_ = *task;
  starting_ = true;
  thread_.loop.begin(task_, where);
  starting_ = false;
  if (over_) return finish();
  if (where == FirstRun::now) {
    has_begun();
    if (eng_task_cpu(task_) >= k_slice_ns) shard_.used_a_slice();
  }
  if (abort_) at_turn_end();
  // What it waited before it started was not idleness of a body.
  if (head_ || wants_) progress_ = thread_.clock.now();
  arm();
}

void GuestCall::at_turn_end() {
  if (std::exchange(at_turn_end_, true)) return;
  thread_.loop.turn().later(*this);
}

void GuestCall::on_turn_end() {
  at_turn_end_ = false;
  if (over_) return finish();
  if (auto why = std::exchange(abort_, std::nullopt)) stop(*std::move(why));
}

// The engine is done with the guest and everyone has been told.
void GuestCall::finish() {
  if (full_) return wait_for_place();
  const auto cpu = eng_task_cpu(task_);
  shard_.counters_.cpu_ns.add(cpu);
  if (cpu < k_slice_ns) {
    shard_.was_light();
  } else if (shard_.first_run() == FirstRun::second_queue) {
    shard_.used_a_slice();
  }
  for (auto* call : outgoing_) call->cancel();
  eng_task_free(std::exchange(task_, nullptr));
  let_go_of_requests();
  leave_gates();
  become_idle();
}

// The engine is full, though the gates were not. The call keeps its place at the component's gate,
// which bounds how many wait here, and its deadline.
void GuestCall::wait_for_place() {
  eng_task_free(std::exchange(task_, nullptr));
  over_ = full_ = false;
  auto& guests = thread_.guests;
  guests.withdrew(context_.hops);
  const bool unheard = guests.watch();
  if (begun_ || (!unheard && !guests.any(context_.hops))) {
    guests.began(context_.hops);
    leave_gates();
    return turn_away(fmt::format(
        "{}: the engine has no place for another guest{}, try again later", shard_.component_->id(),
        begun_ ? "" : ", and none runs whose end this call could wait for"));
  }
  stage_ = Stage::waiting_at_pool;
  shard_.counters_.waiting.add(1);
  thread_.pool.put_back(*this, context_.hops);
  if (unheard) thread_.pool.try_again();
  arm();
}

// Cancels what the guest waits for first: an import must not answer into a guest that is being
// taken apart.
void GuestCall::let_go_of_task() {
  for (const auto& import : imports_) import->cancel();
  for (auto* call : outgoing_) call->cancel();
  if (task_ != nullptr) {
    shard_.counters_.cpu_ns.add(eng_task_cpu(task_));
    thread_.loop.release(std::exchange(task_, nullptr));
  }
  for (const auto& import : imports_) import->forget();
  let_go_of_requests();
}

void GuestCall::let_go_of_requests() {
  for (auto* call : std::exchange(outgoing_, {})) call->let_go();
}

void GuestCall::leave_gates() {
  switch (std::exchange(stage_, Stage::idle)) {
    case Stage::idle:
      return;
    case Stage::waiting_at_component:
      shard_.counters_.waiting.sub(1);
      return shard_.gate_.withdraw(*this);
    case Stage::waiting_at_pool:
      shard_.counters_.waiting.sub(1);
      thread_.pool.withdraw(*this);
      break;
    case Stage::running:
      thread_.guests.ended(context_.hops);
      thread_.pool.leave();
      break;
  }
  shard_.gate_.leave();
}

void GuestCall::cancel() noexcept {
  replier_ = nullptr;
  command_end_ = nullptr;
  stop(Error{Errc::cancelled, "the caller went away"});
}

void GuestCall::stop(Error error) {
  if (stage_ == Stage::idle) return;
  // Nobody hears of what the guest does from here on.
  auto* caller = std::exchange(caller_, nullptr);
  let_go_of_task();
  leave_gates();
  exchange_ = nullptr;
  if (!head_ && caller != nullptr && replier_ != nullptr) answer_refusal(*caller);
  if (replier_ == nullptr && command_end_ == nullptr) {
    if (!over_) shard_.counters_.errors[static_cast<std::size_t>(error.code)].add(1);
  } else {
    reply(std::unexpected(std::move(error)));
  }
  become_idle();
}

void GuestCall::reply(Result<contracts::Image> results, contracts::HttpCode code) {
  if (!results) shard_.counters_.errors[static_cast<std::size_t>(results.error().code)].add(1);
  if (auto* replier = std::exchange(replier_, nullptr)) {
    replier->on_reply({std::move(results), code, begun_});
  } else if (auto* end = std::exchange(command_end_, nullptr); end != nullptr && !results) {
    end->on_exit(std::unexpected(std::move(results).error()));
  }
}

void GuestCall::become_idle() {
  ++generation_;
  if (at_turn_end_) thread_.loop.turn().forget(*this);
  at_turn_end_ = false;
  alarm_.cancel();
  progress_ = {};
  end_output();
  over_ = full_ = begun_ = head_ = ended_ = wants_ = false;
  abort_.reset();
  failed_import_.reset();
  function_ = nullptr;
  arguments_ = {};
  caller_ = nullptr;
  request_ = nullptr;
  kept_.reset();
  exchange_ = nullptr;
  refused_.clear();
  refusal_ = {};
  received_ = 0;
  body_waited_ = {};
  handles_.reset();
  settings_.reset();
  config_.reset();
  secrets_.reset();
  context_.chain.reset();
  shard_.counters_.in_flight.sub(1);
  shard_.recycle(*this);
}

}  // namespace weft::engine
