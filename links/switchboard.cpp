#include "links/switchboard.h"

#include <fmt/format.h>

#include <utility>

#include "links/observed_call.h"

namespace weft::links {

using contracts::Invocation;
using contracts::Pending;
using contracts::Replier;

Switchboard::Switchboard(SwitchboardSettings settings, const Clock& clock)
    : settings_(std::move(settings)),
      watched_(!settings_.observers.empty() || settings_.recorder != nullptr),
      clock_(clock),
      links_(*LinkTable::make({})) {}

Switchboard::~Switchboard() = default;

void Switchboard::swap(std::shared_ptr<const LinkTable> links, Endpoints endpoints) {
  links_ = std::move(links);
  endpoints_ = std::move(endpoints);
}

Result<Switchboard::Forward> Switchboard::route(const Invocation& invocation,
                                                contracts::HttpCode& code) const {
  const Link* link = links_->find(invocation.source, invocation.link, invocation.contract);
  if (link == nullptr) {
    return fail(
        Errc::denied,
        fmt::format("{} has no link named '{}' for {}; add a link trait for it to the manifest",
                    invocation.source, invocation.link, invocation.contract));
  }
  if (invocation.context.hops > settings_.hop_limit) {
    code = contracts::HttpCode::loop_detected;
    return fail(Errc::exhausted,
                fmt::format("more than {} calls deep, the links form a cycle: {}",
                            settings_.hop_limit, contracts::chain_text(invocation.context.chain)));
  }
  if (invocation.context.deadline != MonotonicTime::max() &&
      clock_.now() >= invocation.context.deadline) {
    return fail(Errc::timed_out,
                fmt::format("the deadline had passed before {} could call {}.{}", invocation.source,
                            invocation.interface, invocation.function));
  }
  for (const Policy* policy : settings_.policies) TRY_OK(policy->allow(invocation, *link));
  const auto target = endpoints_.find(link->endpoint);
  if (target == endpoints_.end()) {
    return fail(Errc::unavailable,
                fmt::format("{}, to which {} is linked for {}, is not running here", link->target,
                            invocation.source, invocation.contract));
  }
  return Forward{link, target->second};
}

Pending Switchboard::invoke(Invocation invocation, Replier& replier) {
  auto code = contracts::HttpCode::none;
  auto forward = route(invocation, code);
  if (forward) invocation.settings = forward->link->settings;
  if (watched_) {
    return ObservedCall::start(
        {settings_.observers, settings_.recorder, clock_}, forward ? forward->link : nullptr,
        forward ? forward->target : nullptr, {forward ? Error{} : std::move(forward).error(), code},
        std::move(invocation), replier);
  }
  if (!forward) {
    replier.on_reply({std::unexpected(std::move(forward).error()), code});
    return {};
  }
  return forward->target->invoke(std::move(invocation), replier);
}

bool Switchboard::takes_lent(const Invocation& invocation) const {
  if (watched_ || !settings_.policies.empty()) return false;
  const Link* link = links_->find(invocation.source, invocation.link, invocation.contract);
  if (link == nullptr) return false;
  const auto target = endpoints_.find(link->endpoint);
  return target != endpoints_.end() && target->second->takes_lent(invocation);
}

}  // namespace weft::links
