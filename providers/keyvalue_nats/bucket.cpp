#include "providers/keyvalue_nats/bucket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "providers/keyvalue_nats/outcome.h"

namespace weft::providers::keyvalue_nats {
namespace {

using net::nats::ApiError;
using net::nats::Message;
using net::nats::More;

// What JetStream says when something is full.
constexpr std::array k_full = {10023, 10028, 10047, 10054, 10077};

// Nobody listens where the bucket should be, or the API says that it is not.
bool is_missing(const ApiError& error) {
  return (error.code == 503 && error.error == 0) || error.error == net::nats::k_no_stream;
}

Entry entry_of(net::nats::Stored stored) {
  const auto operation = stored.headers().find("KV-Operation").value_or("PUT");
  if (operation == "DEL" || operation == "PURGE") return {stored.sequence, std::nullopt};
  return {stored.sequence, std::move(stored.payload)};
}

net::nats::StreamConfig stream_of(std::string_view bucket) {
  return {.name = fmt::format("KV_{}", bucket),
          .subjects = fmt::format("$KV.{}.>", bucket),
          .messages_per_subject = 1,
          .replicas = 1,
          .allow_direct = true,
          .allow_rollup = true,
          .deny_delete = true,
          .discard_new = true};
}

}  // namespace

struct Bucket::Write {
  Operation operation;
  Name name;
  std::string value;
  Condition condition;
  AskerPtr asker;
  Wrote then;
};

Bucket::Bucket(const Checked& checked, const net::nats::Client::Surroundings& around)
    : bucket_(checked.bucket),
      stream_("KV_" + checked.bucket),
      prefix_(net::nats::api_prefix(checked.domain)),
      put_prefix_((checked.domain.empty() ? "" : prefix_) + "$KV." + checked.bucket + "."),
      create_(checked.create),
      log_(around.log),
      clock_(around.clock),
      client_(checked.client, around) {
  // What is wrong is told to those who ask for something.
  look([](const Result<>&) {});
}

std::string Bucket::subject(std::string_view name) const {
  return fmt::format("$KV.{}.{}", bucket_, name);
}

Error Bucket::failure(const ApiError& error) const {
  const auto told = [&](Errc code, std::string_view why) {
    return Error{code, fmt::format("{}: {}", where(), why)};
  };
  if (error.error == net::nats::k_no_stream) {
    return told(Errc::not_found, fmt::format("there is no bucket '{0}': nats kv add {0}, or "
                                             "`enable_bucket_auto_create: 'true'`",
                                             bucket_));
  }
  if (error.error == net::nats::k_no_jetstream || (error.code == 503 && error.error == 0)) {
    return told(Errc::unavailable,
                "JetStream does not answer: it needs `jetstream {}` in the server's configuration, "
                "and an account that may use it");
  }
  if (std::ranges::find(k_full, error.error) != k_full.end())
    return told(Errc::exhausted, error.text);
  return told(error.code >= 500 || error.code == 0 ? Errc::unavailable : Errc::invalid, error.text);
}

// ---- one key ----

void Bucket::read(std::string_view name, AskerPtr asker, Read then) {
  read_once(std::string(name), std::move(asker), std::move(then), Attempt::first);
}

void Bucket::read_once(std::string name, AskerPtr asker, Read then, Attempt attempt) {
  const auto deadline = asker->deadline();
  const auto at = subject(name);
  const auto to = direct_ ? api(fmt::format("DIRECT.GET.{}.{}", stream_, at))
                          : api("STREAM.MSG.GET." + stream_);
  const auto payload = direct_ ? std::string() : net::nats::write_last_of_subject(at);
  auto shared = std::make_shared<Read>(std::move(then));
  client_.request(
      {.subject = to, .payload = payload}, deadline,
      outcome(
          asker,
          [this, name = std::move(name), asker, shared, attempt](const Message& message) {
            auto stored = net::nats::read_stored(message);
            if (stored) {
              (*shared)(entry_of(*std::move(stored)));
            } else if (stored.error().error == net::nats::k_no_message) {
              (*shared)(Entry());
            } else if (is_missing(stored.error()) && attempt == Attempt::first) {
              look([this, name, asker, shared](Result<> there) mutable {
                if (!there) return (*shared)(std::unexpected(std::move(there).error()));
                read_once(std::move(name), std::move(asker), std::move(*shared), Attempt::last);
              });
            } else {
              (*shared)(std::unexpected(failure(stored.error())));
            }
            return More::no;
          },
          [shared](Error error) { (*shared)(std::unexpected(std::move(error))); }));
}

void Bucket::write(Operation operation, const Name& name, std::string_view value,
                   Condition condition, AskerPtr asker, Wrote then) {
  write_once(std::make_unique<Write>(Write{operation, name, std::string(value), condition,
                                           std::move(asker), std::move(then)}),
             Attempt::first);
}

void Bucket::write_once(std::unique_ptr<Write> write, Attempt attempt) {
  const auto shared = std::shared_ptr<Write>(std::move(write));
  net::nats::HeaderBlock headers;
  bool good = true;
  if (shared->operation == Operation::erase) good = headers.add("KV-Operation", "DEL");
  if (const auto revision = shared->condition.revision) {
    good = good && headers.add("Nats-Expected-Last-Subject-Sequence", std::to_string(*revision));
  }
  if (!shared->name.key_header.empty())
    good = good && headers.add(k_key_header, shared->name.key_header);
  if (!good)
    return shared->then(fail(Errc::internal, "a header of a write to NATS is not well formed"));
  client_.request({.subject = put_prefix_ + shared->name.text,
                   .headers = headers.text(),
                   .payload = shared->value},
                  shared->asker->deadline(),
                  outcome(
                      shared->asker,
                      [this, shared, attempt](const Message& message) {
                        const auto published = net::nats::read_published(message);
                        if (published) {
                          shared->then(std::optional(published->sequence));
                        } else if (published.error().error == net::nats::k_wrong_last_sequence) {
                          shared->then(std::optional<std::uint64_t>());
                        } else if (is_missing(published.error()) && attempt == Attempt::first) {
                          look([this, shared](Result<> there) {
                            if (!there)
                              return shared->then(std::unexpected(std::move(there).error()));
                            write_once(std::make_unique<Write>(std::move(*shared)), Attempt::last);
                          });
                        } else {
                          shared->then(std::unexpected(failure(published.error())));
                        }
                        return More::no;
                      },
                      [shared](Error error) { shared->then(std::unexpected(std::move(error))); }));
}

// ---- the bucket ----

void Bucket::look(Looked then) {
  looking_.push_back(std::move(then));
  if (looking_.size() == 1) ask_for_stream();
}

void Bucket::ask_for_stream() {
  client_.request({.subject = api("STREAM.INFO." + stream_)}, MonotonicTime::max(),
                  outcome(
                      nullptr,
                      [this](const Message& message) {
                        const auto info = net::nats::read_stream(message);
                        if (info) {
                          direct_ = info->config.allow_direct && info->config.replicas == 1;
                          looked({});
                        } else if (info.error().error == net::nats::k_no_stream &&
                                   create_ == CreateBucket::yes) {
                          create_stream();
                        } else {
                          looked(std::unexpected(failure(info.error())));
                        }
                        return More::no;
                      },
                      [this](Error error) { looked(std::unexpected(std::move(error))); }));
}

void Bucket::create_stream() {
  const auto config = net::nats::write_stream(stream_of(bucket_));
  client_.request({.subject = api("STREAM.CREATE." + stream_), .payload = config},
                  MonotonicTime::max(),
                  outcome(
                      nullptr,
                      [this](const Message& message) {
                        const auto info = net::nats::read_stream(message);
                        // Somebody else may have made it meanwhile, in another way.
                        if (info || info.error().error == net::nats::k_other_configuration) {
                          direct_ = info && info->config.allow_direct;
                          looked({});
                        } else {
                          looked(std::unexpected(failure(info.error())));
                        }
                        return More::no;
                      },
                      [this](Error error) { looked(std::unexpected(std::move(error))); }));
}

void Bucket::looked(Result<> result) {
  // A guest hears of a missing bucket only that it is missing; people are told what to do.
  if (!result && result.error().code == Errc::not_found && !std::exchange(told_, true))
    log_.warn("a bucket is missing", {{"error", result.error().message}});
  if (result) told_ = false;
  for (auto& then : std::exchange(looking_, {})) then(result);
}

}  // namespace weft::providers::keyvalue_nats
