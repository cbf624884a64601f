#include "contracts/messaging/messaging.h"

#include <fmt/format.h>

#include <array>

namespace weft::contracts::messaging {
namespace {

using Function = FaceFunction<Messaging>;

constexpr std::array k_functions{
    Function{"publish", [](Messaging& f, OpenCall& c) { serve(f, c, &Messaging::publish); }},
    Function{"request", [](Messaging& f, OpenCall& c) { serve(f, c, &Messaging::request); }},
};

}  // namespace

std::optional<BrokerError> Contract::error(const weft::Error& error) {
  switch (error.code) {
    case Errc::denied:
      return AccessDenied{};
    case Errc::invalid:
    case Errc::conflict:
      return Other{error.message};
    case Errc::exhausted:
      return Full{error.message};
    case Errc::not_found:
      return Nobody{error.message};
    case Errc::unavailable:
    case Errc::timed_out:
    case Errc::cancelled:
    case Errc::trapped:
    case Errc::internal:
      return std::nullopt;
  }
  return std::nullopt;
}

void Messaging::request(std::string_view, Bytes, std::uint32_t, Answer<Message> answer) {
  std::move(answer).unsupported("this product knows no requests");
}

Error no_answer(std::string_view subject, std::chrono::milliseconds waited) {
  return {Errc::timed_out,
          fmt::format("nobody answered the request to '{}' within {} ms", subject, waited.count())};
}

Error nobody_there(std::string_view subject) {
  return {Errc::not_found, fmt::format("nobody subscribes to '{}'", subject)};
}

MessagingInvoker::MessagingInvoker(Messaging& face)
    : FaceInvoker<Messaging>(face, k_interface, k_functions) {}

}  // namespace weft::contracts::messaging
