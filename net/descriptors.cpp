#include "net/descriptors.h"

#include <sys/resource.h>

#include <atomic>

namespace weft::net {

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  // Where the system refuses, the limit is as before and counts as such.
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t descriptor_limit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

struct ConnectionPlaces::Count {
  std::atomic<std::size_t> taken{0};
};

class ConnectionPlaces::Taken final : public Place {
 public:
  explicit Taken(std::shared_ptr<Count> count) : count_(std::move(count)) {}
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  ~Taken() override { --count_->taken; }

 private:
  const std::shared_ptr<Count> count_;
};

ConnectionPlaces::ConnectionPlaces(std::size_t most)
    : most_(most), count_(std::make_shared<Count>()) {}

ConnectionPlaces& ConnectionPlaces::of_process() {
  static ConnectionPlaces places(descriptor_limit() / 4 * 3);
  return places;
}

std::unique_ptr<ConnectionPlaces::Place> ConnectionPlaces::take() {
  auto taken = count_->taken.load();
  do {
    if (taken >= most_) return nullptr;
  } while (!count_->taken.compare_exchange_weak(taken, taken + 1));
  return std::make_unique<Taken>(count_);
}

}  // namespace weft::net
