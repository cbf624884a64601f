#include "providers/keyvalue_nats/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_nats/outcome.h"

namespace weft::providers::keyvalue_nats {
namespace {

namespace kv = contracts::keyvalue;
using namespace std::chrono_literals;
using net::nats::Message;
using net::nats::More;

constexpr int k_batch = 500;
constexpr std::chrono::milliseconds k_inactive = 10s;

// One page under way, from batch to batch.
struct PageInProgress {
  Bucket& store;
  std::string bucket;  // the contract's
  std::size_t limit;
  AskedPtr<kv::Page> asked;
  MonotonicTime deadline;  // of the whole page

  std::uint64_t after = 0;   // keys with this sequence or an earlier one were listed
  std::uint64_t skip = 0;    // keys still to be passed over
  std::uint64_t passed = 0;  // keys passed over in all, for a place of that form
  bool by_count = false;
  std::string consumer = {};
  int left = 0;  // of the batch
  kv::Page page = {};
  std::uint64_t last = 0;  // sequence of the page's last key
};
using PagePtr = std::shared_ptr<PageInProgress>;

// The consumer would go away by itself, only later.
void end_consumer(PageInProgress& now) {
  const auto subject =
      now.store.api(fmt::format("CONSUMER.DELETE.{}.{}", now.store.stream(), now.consumer));
  if (!now.consumer.empty()) (void)now.store.client().post({.subject = subject});
}

void finish(PageInProgress& now, bool more) {
  if (more) {
    if (now.by_count) {
      now.page.next = kv::Skip{now.passed + now.page.keys.size()};
    } else {
      now.page.next = kv::After{std::to_string(now.last)};
    }
  }
  end_consumer(now);
  now.asked->answer(std::move(now.page));
}

// Whether the page is full, and there is one more key.
bool take(PageInProgress& now, const Message& message, std::uint64_t sequence) {
  const auto operation = message.headers.find("KV-Operation").value_or("PUT");
  if (sequence <= now.after || operation == "DEL" || operation == "PURGE") return false;
  auto key =
      key_named(now.bucket, message.subject.substr(now.store.subject("").size()), message.headers);
  if (!key) return false;
  if (now.skip > 0) {
    --now.skip;
    return false;
  }
  if (now.page.keys.size() == now.limit) return true;
  now.page.keys.push_back(*std::move(key));
  now.last = sequence;
  return false;
}

void ask_for_batch(const PagePtr& page);

More on_batch(const PagePtr& page, const Message& message) {
  auto& now = *page;
  if (!now.asked->wanted()) {
    end_consumer(now);
    return More::no;
  }
  const int status = message.headers.status();
  if (status == 404 || status == 408) {
    finish(now, false);
    return More::no;
  }
  const auto delivery = net::nats::read_delivery(message.reply);
  if (status == 100) return More::yes;
  if (!delivery) {
    now.asked->fail(
        {Errc::unavailable, fmt::format("{}: the list of keys ended: {} {}", now.store.where(),
                                        status, message.headers.description())});
    return More::no;
  }
  if (take(now, message, delivery->stream_sequence)) {
    finish(now, true);
    return More::no;
  }
  if (delivery->pending == 0) {
    finish(now, false);
    return More::no;
  }
  if (--now.left > 0) return More::yes;
  ask_for_batch(page);
  return More::no;
}

void ask_for_batch(const PagePtr& page) {
  auto& now = *page;
  now.left = k_batch;
  const auto payload = net::nats::write_next(k_batch, std::nullopt);
  now.store.client().fetch(
      {.subject =
           now.store.api(fmt::format("CONSUMER.MSG.NEXT.{}.{}", now.store.stream(), now.consumer)),
       .payload = payload},
      now.deadline,
      outcome(
          now.asked, [page](const Message& message) { return on_batch(page, message); },
          [page](Error error) { page->asked->fail(std::move(error)); }));
}

void open_consumer(const PagePtr& page) {
  auto& now = *page;
  const auto payload =
      net::nats::write_consumer({.stream = now.store.stream(),
                                 .inactive = k_inactive,
                                 .filter = now.store.subject(filter_of(now.bucket)),
                                 .deliver = net::nats::Deliver::last_of_each_subject,
                                 .headers_only = true});
  now.store.client().request(
      {.subject = now.store.api("CONSUMER.CREATE." + now.store.stream()), .payload = payload},
      now.deadline,
      outcome(
          now.asked,
          [page](const Message& message) {
            const auto made = net::nats::read_consumer(message);
            if (!made) {
              page->asked->fail(page->store.failure(made.error()));
              return More::no;
            }
            page->consumer = made->name;
            if (made->pending == 0) {
              finish(*page, false);
            } else {
              ask_for_batch(page);
            }
            return More::no;
          },
          [page](Error error) { page->asked->fail(std::move(error)); }));
}

bool begin(PageInProgress& now, const kv::Place& from) {
  if (const auto* skip = std::get_if<kv::Skip>(&from)) {
    now.by_count = true;
    now.skip = now.passed = skip->value;
    return true;
  }
  const auto* after = std::get_if<kv::After>(&from);
  if (after == nullptr) return true;
  const auto& text = after->value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), now.after);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void list_keys(Bucket& bucket, std::string_view name, const kv::Place& from, std::uint32_t limit,
               const AskedPtr<kv::Page>& asked) {
  const std::size_t keys = limit == 0 ? kv::k_page_keys : std::min(limit, kv::k_page_keys);
  auto page = std::make_shared<PageInProgress>(
      PageInProgress{bucket, std::string(name), keys, asked, bucket.latest(*asked)});
  if (!begin(*page, from))
    return page->asked->fail({Errc::invalid, "this place to go on from is not of this store"});
  open_consumer(page);
}

}  // namespace weft::providers::keyvalue_nats
