#include "engine/gate.h"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace weft::engine {

Gate::Gate(boost::asio::io_context& io, GateSettings settings)
    : io_(io), settings_(settings), self_(std::make_shared<Gate*>(this)) {}

std::size_t Gate::places(std::uint32_t depth) const {
  if (settings_.depths == GateSettings::Depths::equal || depth >= 31) return settings_.places;
  return settings_.places - (settings_.places >> (depth + 1));
}

// Whoever holds the places comes to an end without this call: something was kept from its callers.
bool Gate::may_wait(std::uint32_t depth) const {
  if (settings_.depths == GateSettings::Depths::equal) return true;
  return depth < 64 && (settings_.places >> depth) != 0;
}

Entry Gate::enter(Waiter& waiter, std::uint32_t depth) {
  if (queue_.empty() && running_ < places(depth)) {
    ++running_;
    return Entry::admitted;
  }
  // Deeper calls pass those that wait for a place which only deeper calls may take.
  const bool passes = running_ < places(depth) &&
                      std::ranges::all_of(queue_, [&](const Place& p) { return p.depth < depth; });
  if (passes) {
    ++running_;
    return Entry::admitted;
  }
  if (!may_wait(depth) || queue_.size() >= settings_.waiting) return Entry::refused;
  queue_.push_back({&waiter, depth});
  return Entry::waiting;
}

void Gate::leave() {
  --running_;
  stalled_ = false;
  if (!queue_.empty()) admit_soon();
}

void Gate::put_back(Waiter& waiter, std::uint32_t depth) {
  --running_;
  stalled_ = true;
  const auto behind =
      std::ranges::find_if(queue_, [depth](const Place& place) { return place.depth <= depth; });
  queue_.insert(behind, {&waiter, depth});
}

void Gate::try_again() {
  boost::asio::post(io_, [weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (!self) return;
    (*self)->stalled_ = false;
    (*self)->admit();
  });
}

void Gate::withdraw(const Waiter& waiter) {
  std::erase_if(queue_, [&](const Place& place) { return place.waiter == &waiter; });
}

// One admission per piece of the loop's work: sockets are looked at in between.
void Gate::admit_soon() {
  if (admitting_) return;
  admitting_ = true;
  boost::asio::post(io_, [weak = std::weak_ptr(self_)] {
    if (const auto self = weak.lock()) (*self)->admit();
  });
}

void Gate::admit() {
  admitting_ = false;
  if (stalled_) return;
  const auto next = std::ranges::find_if(
      queue_, [this](const Place& place) { return running_ < places(place.depth); });
  if (next == queue_.end()) return;
  Waiter& waiter = *next->waiter;
  queue_.erase(next);
  ++running_;
  if (!queue_.empty() && running_ < settings_.places) admit_soon();
  waiter.on_admitted(*this);
}

}  // namespace weft::engine
