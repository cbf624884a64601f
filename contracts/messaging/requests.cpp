#include "contracts/messaging/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <charconv>
#include <utility>

namespace weft::contracts::messaging {
namespace {

constexpr std::string_view k_inbox = "_INBOX.";
// Requests of one thread that wait for their answers.
constexpr std::size_t k_most = 16'384;

// "{place}.{number}" behind the prefix.
struct Inbox {
  std::string_view place;
  std::uint64_t number = 0;
};

std::optional<Inbox> parse_inbox(std::string_view subject) {
  if (!subject.starts_with(k_inbox)) return std::nullopt;
  subject.remove_prefix(k_inbox.size());
  const auto dot = subject.find('.');
  if (dot == subject.npos) return std::nullopt;
  Inbox inbox{subject.substr(0, dot)};
  const auto number = subject.substr(dot + 1);
  const auto* last = number.data() + number.size();
  const auto [end, error] = std::from_chars(number.data(), last, inbox.number);
  return error == std::errc() && end == last ? std::optional(inbox) : std::nullopt;
}

}  // namespace

// Answers on their way to the thread that waits for them.
struct Requests::Mailbox {
  struct Letter {
    std::uint64_t number;
    OwnedMessage message;
  };
  explicit Mailbox(Waiting& whose, boost::asio::io_context::executor_type whose_executor)
      : owner(&whose), executor(std::move(whose_executor)) {}

  Waiting* const owner;  // used on its thread only, while `closed` is not set
  boost::asio::io_context::executor_type executor;
  std::mutex mutex;             // between the thread that waits and those that answer
  std::vector<Letter> letters;  // guarded by mutex
  bool posted = false;          // guarded by mutex
  bool closed = false;          // guarded by mutex; then the executor is not used again
};

bool Requests::is_inbox(std::string_view subject) { return subject.starts_with(k_inbox); }

std::string Requests::add(const std::shared_ptr<Mailbox>& mailbox) {
  std::array<std::byte, 16> bytes{};
  random_.fill(bytes);
  std::string place;
  for (const auto byte : bytes) place += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  const std::lock_guard lock(mutex_);
  places_.emplace(place, mailbox);
  return place;
}

void Requests::remove(const std::string& place) {
  const std::lock_guard lock(mutex_);
  places_.erase(place);
}

void Requests::answer(const Message& message) {
  const auto inbox = parse_inbox(message.subject);
  if (!inbox) return;
  std::shared_ptr<Mailbox> mailbox;
  {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(std::string(inbox->place));
    if (found != places_.end()) mailbox = found->second.lock();
  }
  if (mailbox == nullptr) return;
  OwnedMessage owned(message);
  const std::lock_guard lock(mailbox->mutex);
  // So many letters to one thread are more than it can have asked for.
  if (mailbox->closed || mailbox->letters.size() >= k_most) return;
  mailbox->letters.push_back({inbox->number, std::move(owned)});
  if (std::exchange(mailbox->posted, true)) return;
  boost::asio::post(mailbox->executor, [mailbox] {
    {
      const std::lock_guard inside(mailbox->mutex);
      if (mailbox->closed) return;
    }
    mailbox->owner->take_answers();
  });
}

Waiting::Waiting(boost::asio::io_context::executor_type executor, Requests& requests,
                 const Clock& clock)
    : requests_(requests),
      clock_(clock),
      executor_(executor),
      mailbox_(std::make_shared<Requests::Mailbox>(*this, std::move(executor))),
      place_(requests_.add(mailbox_)) {}

Waiting::~Waiting() {
  requests_.remove(place_);
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->closed = true;
}

Result<std::string> Waiting::open(std::string_view subject, std::uint32_t timeout,
                                  Answer<Message>& answer) {
  if (open_.size() >= sweep_at_) drop_unwanted();
  if (open_.size() >= k_most) {
    return fail(Errc::exhausted,
                fmt::format("{} requests wait for answers, more are not sent", open_.size()));
  }
  const auto number = ++last_;
  const std::chrono::milliseconds patience(timeout);
  const auto now = clock_.now();
  const auto until = std::min(now + patience, answer.context().deadline);
  auto error = no_answer(
      subject, std::min(patience, std::chrono::ceil<std::chrono::milliseconds>(until - now)));
  auto late = std::make_unique<Alarm>(
      executor_, clock_, [this, number, error] { settle(number, std::unexpected(error)); });
  late->set(until);
  open_.emplace(number, Open{std::move(answer), std::move(late)});
  return fmt::format("{}{}.{}", k_inbox, place_, number);
}

void Waiting::refuse(std::string_view inbox, Error error) {
  const auto parsed = parse_inbox(inbox);
  if (parsed && parsed->place == place_) settle(parsed->number, std::unexpected(std::move(error)));
}

void Waiting::take_answers() {
  std::vector<Requests::Mailbox::Letter> letters;
  {
    const std::lock_guard lock(mailbox_->mutex);
    letters.swap(mailbox_->letters);
    mailbox_->posted = false;
  }
  // A caller that hears its answer may close the endpoint, and this with it.
  const auto mailbox = mailbox_;
  for (const auto& letter : letters) {
    {
      const std::lock_guard lock(mailbox->mutex);
      if (mailbox->closed) return;
    }
    settle(letter.number, letter.message.view());
  }
}

void Waiting::settle(std::uint64_t number, Result<Message> result) {
  const auto found = open_.find(number);
  if (found == open_.end()) return;
  auto node = open_.extract(found);
  std::move(node.mapped().answer)(std::move(result));
}

// Their callers went away.
void Waiting::drop_unwanted() {
  std::erase_if(open_, [](const auto& one) { return !one.second.answer.wanted(); });
  sweep_at_ = std::max<std::size_t>(64, 2 * open_.size());
}

}  // namespace weft::contracts::messaging
