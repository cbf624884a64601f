#include "host/core.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <latch>
#include <utility>

namespace weft::host {

Cores::Cores(std::size_t count, const CoreSettings& settings, const CoreServices& services)
    : slots_(count) {
  std::latch ready(static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    slots_[i].thread = std::thread([&, i] {
      Core core(i, settings, services);
      slots_[i].core = &core;
      ready.count_down();
      core.thread.loop.run();
    });
    ::pthread_setname_np(slots_[i].thread.native_handle(), ("weft-" + std::to_string(i)).c_str());
  }
  ready.wait();
}

Cores::~Cores() {
  for (auto& slot : slots_) slot.core->thread.loop.stop();
  for (auto& slot : slots_) slot.thread.join();
}

void Cores::post(std::size_t index, std::function<void(Core&)> work) {
  Core& core = *slots_[index].core;
  boost::asio::post(core.thread.loop.io(), [&core, work = std::move(work)] { work(core); });
}

void Cores::each(const std::function<void(const Core&)>& look) const {
  for (const auto& slot : slots_) look(*slot.core);
}

void Cores::everywhere(const std::function<void(Core&)>& work) {
  std::latch done(static_cast<std::ptrdiff_t>(slots_.size()));
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    post(i, [&work, &done](Core& core) {
      work(core);
      done.count_down();
    });
  }
  done.wait();
}

Result<> Cores::try_everywhere(const std::function<Result<>(Core&)>& work) {
  std::vector<Result<>> results(slots_.size());
  everywhere([&](Core& core) { results[core.index()] = work(core); });
  for (auto& result : results) {
    if (!result) return std::move(result);
  }
  return {};
}

}  // namespace weft::host
