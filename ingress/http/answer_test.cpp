#include "ingress/http/answer.h"

#include <gtest/gtest.h>

namespace weft::ingress {
namespace {

std::string_view type_for(std::string_view accept) {
  return make_answer(500, "x", {}, accept).content_type;
}

TEST(Answer, is_plain_text_unless_json_is_preferred) {
  for (const auto* accept :
       {"", "*/*", "text/html, application/json", "application/json;q=0.5, text/*", "image/png"}) {
    EXPECT_TRUE(type_for(accept).starts_with("text/plain")) << accept;
  }
  for (const auto* accept : {"application/json", "application/json, */*",
                             "text/html;q=0.9 , application/problem+json"}) {
    EXPECT_EQ(type_for(accept), "application/json") << accept;
  }
}

TEST(Answer, escapes_what_the_client_sent) {
  const auto answer = make_answer(404, "path \"\x01\\", {}, "application/json");

  EXPECT_NE(answer.body.find(R"("error":"path \"\u0001\\")"), std::string::npos) << answer.body;
}

TEST(Answer, has_the_ids_to_look_for) {
  contracts::Context context;
  context.request = 0xabc;

  const auto answer = make_answer(500, "x", context, "");

  EXPECT_EQ(answer.body, "500 Internal Server Error: x\nrequest 0000000000000abc\ntrace " +
                             std::string(32, '0') + "\n");
}

}  // namespace
}  // namespace weft::ingress
