#include "net/resolver.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

namespace weft::net {
namespace {

namespace ip = boost::asio::ip;

ip::address address_of(const sockaddr& raw) {
  if (raw.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &raw, sizeof(in));
    return ip::address_v4(ntohl(in.sin_addr.s_addr));
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &raw, sizeof(in));
  ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return ip::address_v6(bytes, in.sin6_scope_id);
}

Result<Addresses> ask(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
  if (error == EAI_NONAME || error == EAI_NODATA)
    return fail(Errc::not_found, fmt::format("there is no host {}", host));
  if (error != 0) {
    return fail(Errc::unavailable,
                fmt::format("the name {} cannot be looked up: {}", host, ::gai_strerror(error)));
  }
  Addresses addresses;
  for (const auto* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    const auto address = address_of(*one->ai_addr);
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  if (addresses.empty())
    return fail(Errc::not_found, fmt::format("the host {} has no address", host));
  return addresses;
}

}  // namespace

// Shared by who asks and who answers. `done` belongs to the thread of the executor.
struct SystemResolver::Question {
  Question(Query what, const Executor& executor, std::function<void(Result<Addresses>)> told)
      : query(std::move(what)),
        work(boost::asio::make_work_guard(executor)),
        done(std::move(told)) {}

  const Query query;
  boost::asio::executor_work_guard<Executor> work;  // an answer is to come: its loop goes on
  std::function<void(Result<Addresses>)> done;
  std::atomic<bool> wanted = true;  // read by the thread that answers
};

class SystemResolver::Asked final : public Lookup {
 public:
  explicit Asked(std::shared_ptr<Question> question) : question_(std::move(question)) {}
  ~Asked() override {
    question_->done = nullptr;
    question_->wanted = false;
  }

 private:
  std::shared_ptr<Question> question_;
};

SystemResolver::SystemResolver() : SystemResolver(Settings{}, ask) {}

SystemResolver::SystemResolver(Settings settings, Ask ask)
    : settings_(settings), ask_(std::move(ask)) {}

SystemResolver::~SystemResolver() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    questions_.clear();
    threads.swap(threads_);
  }
  more_.notify_all();
  for (auto& thread : threads) thread.join();
}

bool SystemResolver::has_room(const std::string& asker) {
  const auto own = std::ranges::count_if(
      questions_, [&asker](const auto& one) { return one->query.asker == asker; });
  return questions_.size() < settings_.waiting &&
         static_cast<std::size_t>(own) < settings_.waiting_each;
}

// The oldest question whose asker has not got its share of the threads.
SystemResolver::Questions::iterator SystemResolver::next() {
  return std::ranges::find_if(questions_, [this](const auto& one) {
    const auto busy = busy_.find(one->query.asker);
    return busy == busy_.end() || busy->second < settings_.threads_each;
  });
}

std::unique_ptr<Resolver::Lookup> SystemResolver::resolve(
    Query query, Executor executor, std::function<void(Result<Addresses>)> done) {
  auto question = std::make_shared<Question>(std::move(query), executor, std::move(done));
  auto asked = std::make_unique<Asked>(question);
  const std::lock_guard lock(mutex_);
  std::erase_if(questions_, [](const auto& one) { return !one->wanted; });
  if (!has_room(question->query.asker)) {
    boost::asio::post(executor, [question] {
      if (question->done) {
        std::exchange(question->done,
                      nullptr)(fail(Errc::unavailable, "too many names are being looked up"));
      }
    });
    return asked;
  }
  questions_.push_back(std::move(question));
  if (idle_ == 0 && threads_.size() < settings_.threads && next() != questions_.end()) {
    threads_.emplace_back([this] { serve(); });
  } else {
    more_.notify_one();
  }
  return asked;
}

void SystemResolver::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    more_.wait(lock, [this] { return stopping_ || next() != questions_.end(); });
    --idle_;
    if (stopping_) return;
    const auto at = next();
    auto question = std::move(*at);
    questions_.erase(at);
    const auto asker = question->query.asker;
    ++busy_[asker];
    lock.unlock();
    // What nobody waits for any more costs no time of those who do.
    auto answer = question->wanted ? ask_(question->query.host) : Result<Addresses>();
    const auto executor = question->work.get_executor();
    boost::asio::post(executor, [question = std::move(question), answer = std::move(answer)] {
      question->work.reset();
      if (question->done) std::exchange(question->done, nullptr)(answer);
    });
    lock.lock();
    if (--busy_[asker] == 0) busy_.erase(asker);
  }
}

}  // namespace weft::net
