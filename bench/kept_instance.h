// An instance that is kept, called again and again straight through the C header: what a call costs
// inside one store, without links, queues and a fresh callee. The peer of the rows of calls.
#pragma once
#include <memory>
#include <string_view>
#include <utility>

#include "engine/component.h"
#include "engine/loop.h"
#include "engine/world.h"

namespace weft {

// One thread. Errors are those of the engine, as text.
class KeptInstance {
 public:
  // All references outlive the instance.
  static Result<std::unique_ptr<KeptInstance>> open(const engine::Component& component,
                                                    engine::Loop& loop, const Clock& clock,
                                                    Random& random) {
    auto kept = std::unique_ptr<KeptInstance>(new KeptInstance(component, loop));
    auto world = std::make_shared<engine::World>(loop.io(), clock, random);
    eng_setting_options options{};
    options.world = world->callbacks();
    engine::Text failure;
    kept->setting_.reset(eng_setting_new(&options, engine::Text::take, &failure));
    if (!kept->setting_) {
      world->abandon();
      return std::move(failure).as(Errc::internal);
    }
    kept->run(eng_instance_start(component.linked().pre.get(), &component.limits(),
                                 kept->setting_.get(), nullptr, loop.executor(), on_instance,
                                 kept.get()));
    if (kept->instance_ == nullptr)
      return fail(Errc::internal, "the component could not be instantiated");
    return kept;
  }
  ~KeptInstance() { eng_instance_free(instance_); }
  KeptInstance(const KeptInstance&) = delete;
  KeptInstance& operator=(const KeptInstance&) = delete;

  Result<engine::FuncHandle> find(std::string_view interface, std::string_view function) const {
    engine::Text failure;
    engine::FuncHandle found(eng_func_find(&component_.spec().artifact->component(),
                                           engine::slice(interface), engine::slice(function),
                                           engine::Text::take, &failure));
    if (!found) return std::move(failure).as(Errc::not_found);
    return found;
  }

  Result<contracts::Image> call(const eng_func& function, contracts::Image arguments) {
    if (instance_ == nullptr) return fail(Errc::trapped, "the instance is gone");
    run(eng_call_start(std::exchange(instance_, nullptr), &function,
                       engine::to_engine(std::move(arguments)), loop_.executor(), on_called, this));
    if (instance_ == nullptr) return fail(Errc::trapped, "the call failed");
    return std::move(result_);
  }

 private:
  KeptInstance(const engine::Component& component, engine::Loop& loop)
      : component_(component), loop_(loop) {}

  static void on_instance(void* self, const eng_report*, eng_instance* instance) {
    auto& kept = *static_cast<KeptInstance*>(self);
    kept.instance_ = instance;
    kept.done_ = true;
  }
  static void on_called(void* self, const eng_report*, eng_instance* instance, eng_image result) {
    auto& kept = *static_cast<KeptInstance*>(self);
    kept.instance_ = instance;
    kept.result_ = engine::from_engine(result);
    kept.done_ = true;
  }
  void run(const eng_task* task) {
    done_ = false;
    eng_task_run(task);
    while (!done_) (void)loop_.step(std::chrono::seconds(1));
    eng_task_free(task);
  }

  const engine::Component& component_;
  engine::Loop& loop_;
  engine::SettingHandle setting_;
  eng_instance* instance_ = nullptr;
  contracts::Image result_;
  bool done_ = false;
};

}  // namespace weft
