// Subjects as NATS has them: tokens with dots between them. In a pattern the token `*` stands for
// any one token, and `>` at the end for one or more.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::contracts::messaging {

// invalid: says what is wrong. A subject has at least one byte and no empty token, no space, no
// control character, and no token that is a wildcard; other bytes are as good as letters.
Result<> check_subject(std::string_view subject);

// What a message must be sent to, to reach a subscription; who has the same queue shares them.
struct Pattern {
  std::string subject;
  std::string queue;  // empty: this subscription gets every one
  friend bool operator==(const Pattern&, const Pattern&) = default;
};

// "orders.*, audit.>|auditors": as 1.x has it. invalid: names the entry that is wrong; an empty
// list is wrong, too.
Result<std::vector<Pattern>> parse_subscriptions(std::string_view list);

// Both are well formed.
bool matches(std::string_view pattern, std::string_view subject);

}  // namespace weft::contracts::messaging
