#include "contracts/provider.h"

namespace weft::contracts {

Result<std::unique_ptr<Subscription>> Provider::subscribe(
    // NOLINTNEXTLINE(performance-unnecessary-value-param): those that subscribe keep it
    boost::asio::io_context::executor_type /*executor*/, const SourceLink& link,
    Invoker& /*calls*/) {
  return fail(Errc::internal, link.source.str() + " calls no component, and was asked to");
}

}  // namespace weft::contracts
