#include "contracts/messaging/wasmcloud_adapter.h"

#include <gtest/gtest.h>

#include <tuple>

#include "base/bytes.h"
#include "contracts/messaging/types.h"

namespace weft::contracts::messaging {
namespace {

template <class T>
using Shown = std::expected<T, std::string>;

struct Rig {
  const std::unique_ptr<Adapter> adapter = wasmcloud_adapter();
  const InterfaceName consumer = adapter->interfaces()[0];
  Handles handles{0};

  template <class T>
  Shown<T> shown(std::string_view function, Result<Image> flat) {
    image = adapter->reply(consumer, function, std::move(flat), handles).value();
    return std::get<0>(decode<std::tuple<Shown<T>>>(image).value());
  }
  Image image;
};

template <class T>
Image flat_error(BrokerError error) {
  const std::expected<T, BrokerError> result = std::unexpected(std::move(error));
  return encode(std::forward_as_tuple(result));
}

Bytes octets(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(WasmcloudMessaging, leads_both_functions_to_the_flat_contract) {
  Rig rig;
  const Message sent{"a.b", octets("hello"), "answers"};

  const auto published = std::get<FlatCall>(
      rig.adapter->call(rig.consumer, "publish", encode(std::forward_as_tuple(sent)), rig.handles)
          .value());
  const auto requested = std::get<FlatCall>(
      rig.adapter
          ->call(rig.consumer, "request",
                 encode(std::tuple(std::string_view("a"), octets("?"), std::uint32_t{7})),
                 rig.handles)
          .value());

  EXPECT_EQ(published.interface, "weft:messaging/broker@0.1.0");
  EXPECT_EQ(published.function, "publish");
  const auto message = std::get<0>(decode<std::tuple<Message>>(published.arguments).value());
  EXPECT_EQ(message.subject, "a.b");
  EXPECT_EQ(text_of(message.body), "hello");
  EXPECT_EQ(message.reply_to, "answers");
  EXPECT_EQ(requested.function, "request");
  const auto arguments =
      decode<std::tuple<std::string_view, Bytes, std::uint32_t>>(requested.arguments).value();
  EXPECT_EQ(std::get<2>(arguments), 7u);
}

TEST(WasmcloudMessaging, shows_what_came_back) {
  Rig rig;
  const std::expected<void, BrokerError> done;
  const std::expected<Message, BrokerError> answer = Message{"inbox", octets("42"), {}};

  EXPECT_TRUE(rig.shown<void>("publish", encode(std::forward_as_tuple(done))));
  const auto shown = rig.shown<Message>("request", encode(std::forward_as_tuple(answer)));

  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->subject, "inbox");
  EXPECT_EQ(text_of(shown->body), "42");
}

TEST(WasmcloudMessaging, says_every_error_as_a_text) {
  Rig rig;

  EXPECT_EQ(rig.shown<void>("publish", flat_error<void>(Full{"no room"})).error(), "no room");
  EXPECT_EQ(rig.shown<void>("publish", flat_error<void>(AccessDenied{})).error(),
            "this component may not send that message");
  EXPECT_EQ(rig.shown<Message>("request", flat_error<Message>(Nobody{"nobody there"})).error(),
            "nobody there");
  EXPECT_EQ(rig.shown<Message>("request", fail(Errc::timed_out, "too late")).error(), "too late");
  EXPECT_EQ(rig.shown<void>("publish", fail(Errc::denied, "no link")).error(), "no link");
}

TEST(WasmcloudMessaging, lets_defects_and_the_end_of_the_call_through) {
  Rig rig;

  EXPECT_EQ(rig.adapter->reply(rig.consumer, "publish", fail(Errc::cancelled, "gone"), rig.handles)
                .error()
                .code,
            Errc::cancelled);
  EXPECT_FALSE(rig.adapter->call(rig.consumer, "subscribe", Image(), rig.handles));
  EXPECT_FALSE(rig.adapter->call(rig.consumer, "publish", Image(), rig.handles));
}

}  // namespace
}  // namespace weft::contracts::messaging
