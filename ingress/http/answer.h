// The answers that Weft gives itself: in plain words, for people or as JSON, with what one needs to
// find the cause.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "contracts/context.h"

namespace weft::ingress {

struct Answer {
  std::uint16_t status = 500;
  std::string_view content_type;
  std::string body;
};

// The status that tells a client about `code`, with which its call ended. What a component asked of
// others and did not get is no business of the client: that is 502, whatever the reason.
std::uint16_t status_of(Errc code);
// One sentence for the client; what happened in detail stands in the log under the same ids.
std::string_view sentence_of(Errc code);

// `accept`: the request's Accept header, which may prefer JSON.
Answer make_answer(std::uint16_t status, std::string_view sentence,
                   const contracts::Context& context, std::string_view accept);

}  // namespace weft::ingress
