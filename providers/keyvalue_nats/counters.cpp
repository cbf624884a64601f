#include "providers/keyvalue_nats/counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace weft::providers::keyvalue_nats {
namespace {

// Each lost write means that somebody else's succeeded.
constexpr unsigned k_most_lost = 200;

std::optional<std::int64_t> decimal(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

// Those whose deltas one write adds; it is wanted as long as one of them is.
struct Counters::Batch final : Asker {
  MonotonicTime deadline() const override {
    auto last = MonotonicTime::min();
    for (const auto& one : adds) last = std::max(last, one.asked->deadline());
    return last;
  }
  bool wanted() const override {
    return std::ranges::any_of(adds, [](const Add& one) { return one.asked->wanted(); });
  }
  std::vector<Add> adds;
  std::vector<std::int64_t> sums;  // up to each
};

void Counters::add(Name name, std::int64_t delta, AskedPtr<std::int64_t> asked) {
  auto& chain = chains_[name.text];
  const bool idle = chain == nullptr;
  if (idle) {
    chain = std::make_unique<Chain>();
    chain->name = std::move(name);
  }
  chain->waiting.push_back({std::move(asked), delta});
  if (idle) step(*chain);
}

void Counters::step(Chain& chain) {
  std::erase_if(chain.waiting, [](const Add& one) { return !one.asked->wanted(); });
  if (chain.waiting.empty()) {
    chains_.erase(chain.name.text);
  } else if (chain.known) {
    write(chain);
  } else {
    read(chain);
  }
}

void Counters::read(Chain& chain) {
  const auto all = std::make_shared<Batch>();
  all->adds.assign(chain.waiting.begin(), chain.waiting.end());
  bucket_.read(chain.name.text, all,
               [this, &chain](Result<Entry> entry) { on_read(chain, std::move(entry)); });
}

void Counters::on_read(Chain& chain, Result<Entry> entry) {
  if (!entry) return give_up(chain, entry.error());
  const auto& text = entry->value;
  const auto value = text ? decimal(*text) : std::optional<std::int64_t>(0);
  if (!value) {
    return give_up(chain, {Errc::invalid, fmt::format("the value is no whole number of 64 bits, "
                                                      "so nothing can be added to it")});
  }
  chain.known = true;
  chain.revision = entry->revision;
  chain.value = *value;
  step(chain);
}

void Counters::write(Chain& chain) {
  auto batch = std::make_shared<Batch>();
  auto sum = chain.value;
  // What waits for the server goes alone: one that is given up meanwhile is not done with others.
  const auto most = bucket_.client().connected() ? chain.waiting.size() : 1;
  for (std::size_t i = 0; i < most; ++i) {
    auto one = std::move(chain.waiting.front());
    chain.waiting.pop_front();
    std::int64_t next = 0;
    if (__builtin_add_overflow(sum, one.delta, &next)) {
      one.asked->fail({Errc::invalid, "the sum would not fit into 64 bits"});
      continue;
    }
    sum = next;
    batch->sums.push_back(sum);
    batch->adds.push_back(std::move(one));
  }
  if (batch->adds.empty()) return step(chain);
  bucket_.write(Operation::put, chain.name, std::to_string(sum), {.revision = chain.revision},
                batch, [this, &chain, batch, sum](Result<std::optional<std::uint64_t>> written) {
                  on_written(chain, *batch, sum, std::move(written));
                });
}

void Counters::on_written(Chain& chain, Batch& batch, std::int64_t sum,
                          Result<std::optional<std::uint64_t>> written) {
  const auto revision = written ? *written : std::nullopt;
  chain.known = revision.has_value();
  if (revision) {
    chain.revision = *revision;
    chain.value = sum;
    chain.lost = 0;
    for (std::size_t i = 0; i < batch.adds.size(); ++i) batch.adds[i].asked->answer(batch.sums[i]);
  } else if (!written) {
    for (const auto& one : batch.adds) one.asked->fail(written.error());
  } else if (++chain.lost > k_most_lost) {
    chain.lost = 0;
    for (const auto& one : batch.adds) {
      one.asked->fail({Errc::unavailable, fmt::format("{}: others wrote to this key {} times in a "
                                                      "row before this could",
                                                      bucket_.where(), k_most_lost)});
    }
  } else {
    chain.waiting.insert(chain.waiting.begin(), std::make_move_iterator(batch.adds.begin()),
                         std::make_move_iterator(batch.adds.end()));
  }
  step(chain);
}

void Counters::give_up(Chain& chain, const Error& error) {
  for (auto& one : std::exchange(chain.waiting, {})) one.asked->fail(error);
  step(chain);
}

}  // namespace weft::providers::keyvalue_nats
