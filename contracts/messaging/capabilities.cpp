#include "contracts/messaging/capabilities.h"

#include <fmt/format.h>

#include "contracts/messaging/subjects.h"

namespace weft::contracts::messaging {
namespace {

Result<> check_address(std::string_view subject) {
  if (subject.size() > k_subject_bytes) {
    return fail(Errc::invalid, fmt::format("the subject has {} bytes, at most {} are allowed",
                                           subject.size(), k_subject_bytes));
  }
  return check_subject(subject);
}

}  // namespace

Result<> check(std::string_view subject, Bytes body) {
  TRY_OK(check_address(subject));
  if (body.size() <= k_body_bytes) return {};
  return fail(Errc::invalid, fmt::format("the message has {} bytes, at most {} are allowed",
                                         body.size(), k_body_bytes));
}

Result<> check(const Message& message) {
  TRY_OK(check(message.subject, message.body));
  if (!message.reply_to) return {};
  return check_address(*message.reply_to).context("reply-to");
}

}  // namespace weft::contracts::messaging
