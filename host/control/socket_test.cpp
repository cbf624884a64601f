#include "host/control/socket.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
#include <mutex>

namespace weft::control {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using Local = asio::local::stream_protocol;

class SocketTest : public testing::Test {
 protected:
  SocketTest() {
    std::string pattern = (fs::temp_directory_path() / "weft-control-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SocketTest() override {
    server_.reset();
    fs::remove_all(folder_);
  }
  fs::path path() const { return socket_path(folder_); }

  // Answers with what it was asked; to "silence" never.
  void serve(std::chrono::milliseconds patience = k_patience) {
    auto opened = SocketServer::open(
        path(),
        [this](const std::string& subject, const std::string& payload,
               std::function<void(std::string)> reply) {
          if (subject != "silence") return reply(subject + "/" + payload);
          const std::lock_guard lock(mutex_);
          waiting_.push_back(std::move(reply));
        },
        patience);
    ASSERT_TRUE(opened) << opened.error().message;
    server_ = *std::move(opened);
  }
  Result<std::string> asked(std::string_view subject, std::string_view payload,
                            std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    return ask(folder_, subject, payload, patience);
  }
  // What comes back on one connection for these bytes, until the server closes it.
  std::string raw(std::string_view bytes) {
    asio::io_context io;
    Local::socket socket(io);
    socket.connect(Local::endpoint(path().string()));
    boost::system::error_code error;
    asio::write(socket, asio::buffer(bytes), error);
    socket.shutdown(Local::socket::shutdown_send, error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
  }

  fs::path folder_;
  std::mutex mutex_;
  std::vector<std::function<void(std::string)>> waiting_;  // guarded by mutex_
  std::unique_ptr<SocketServer> server_;
};

TEST_F(SocketTest, carries_payloads_and_replies_whole) {
  serve();
  const std::string large(k_largest_payload, 'x');

  EXPECT_EQ(asked("a.b", "payload\n with lines").value(), "a.b/payload\n with lines");
  EXPECT_EQ(asked("empty", "").value(), "empty/");
  EXPECT_EQ(asked("large", large).value().size(), large.size() + 6);
}

TEST_F(SocketTest, answers_several_requests_of_one_connection_in_order) {
  serve();
  asio::io_context io;
  Local::socket socket(io);
  socket.connect(Local::endpoint(path().string()));

  for (const auto* question : {"one 1\nA", "two 1\nB"}) {
    asio::write(socket, asio::buffer(std::string_view(question)));
    std::string answer(7, ' ');
    asio::read(socket, asio::buffer(answer));
    EXPECT_EQ(answer, std::string("5\n") + std::string(question, 3) + "/" + question[6]);
  }
}

TEST_F(SocketTest, lets_go_of_clients_that_do_not_speak_its_language) {
  serve();

  EXPECT_EQ(raw("GET / HTTP/1.1\r\n\r\n"), "");
  EXPECT_EQ(raw("subject -1\n"), "");
  EXPECT_EQ(raw("subject 99999999999\n"), "");
  EXPECT_EQ(raw(std::string(k_longest_subject + 1, 's')), "");
  EXPECT_EQ(raw("one 1\nAtwo 1\nB"), "") << "it did not wait for the first reply";
  EXPECT_EQ(asked("still", "there").value(), "still/there");
}

TEST_F(SocketTest, is_for_its_owner_alone_and_replaces_what_a_dead_host_left) {
  std::ofstream(path()) << "left behind";
  serve();

  struct stat found{};
  ASSERT_EQ(::stat(path().c_str(), &found), 0);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(asked("a", "").value(), "a/");

  server_.reset();
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(SocketTest, says_how_to_start_a_host_where_none_runs) {
  const auto nobody = asked("a", "");

  EXPECT_EQ(nobody.error().code, Errc::unavailable);
  EXPECT_NE(nobody.error().message.find("weft up MANIFEST"), std::string::npos);
}

TEST_F(SocketTest, gives_up_on_a_host_that_does_not_reply) {
  serve();

  EXPECT_EQ(asked("silence", "", std::chrono::milliseconds(1)).error().code, Errc::timed_out);
}

TEST_F(SocketTest, takes_a_reply_that_comes_when_it_is_gone) {
  serve();
  EXPECT_FALSE(asked("silence", "", std::chrono::milliseconds(50)));

  server_.reset();

  const std::lock_guard lock(mutex_);
  for (const auto& reply : waiting_) reply("late");
}

TEST_F(SocketTest, may_have_a_longer_path_than_an_address_has_room_for) {
  const auto outer = folder_;
  folder_ /= std::string(200, 'x');
  fs::create_directory(folder_);
  serve();

  EXPECT_EQ(asked("a", "b").value(), "a/b");
  server_.reset();

  EXPECT_FALSE(fs::exists(path()));
  EXPECT_EQ(asked("a", "b").error().code, Errc::unavailable);
  folder_ = outer;
}

TEST_F(SocketTest, takes_others_when_the_silent_have_had_their_time) {
  serve(std::chrono::milliseconds(100));
  asio::io_context io;
  std::vector<Local::socket> silent;
  for (std::size_t i = 0; i < 2 * k_most_clients; ++i) {
    silent.emplace_back(io).connect(Local::endpoint(path().string()));
    if (i % 2 == 0) asio::write(silent.back(), asio::buffer("half a li"));
  }

  EXPECT_EQ(asked("a", "b").value(), "a/b");
}

}  // namespace
}  // namespace weft::control
