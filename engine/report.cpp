#include "engine/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/handles.h"

namespace weft::engine {
namespace {

constexpr std::size_t k_queue = 64;
constexpr std::size_t k_symbols_kept = 8;

// The frames at one offset: what was inlined comes first.
struct Found {
  std::vector<TrapFrame> frames;
  static void take(void* self, eng_slice function, eng_slice file, std::uint32_t line,
                   std::uint32_t) {
    TrapFrame frame;
    frame.function = view(function);
    frame.file = view(file);
    frame.line = line;
    static_cast<Found*>(self)->frames.push_back(std::move(frame));
  }
};

// The last folders of a path are what a reader recognises.
std::string_view short_path(std::string_view path) {
  auto slash = path.rfind('/');
  for (int i = 0; i < 2 && slash != path.npos && slash > 0; ++i) slash = path.rfind('/', slash - 1);
  return slash == path.npos ? path : path.substr(slash + 1);
}

}  // namespace

std::string backtrace_text(const TrapReport& report) {
  std::string text;
  for (const auto& frame : report.frames) {
    if (!text.empty()) text += '\n';
    text += frame.function.empty() ? "(unknown function)" : frame.function;
    if (!frame.file.empty()) {
      fmt::format_to(std::back_inserter(text), " at {}:{}", short_path(frame.file), frame.line);
    } else {
      fmt::format_to(std::back_inserter(text), " at offset {:#x}", frame.offset);
    }
  }
  return text;
}

Reporter::Reporter(Log& log)
    : log_(log), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Reporter::~Reporter() = default;

void Reporter::report(TrapReport report) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= k_queue) {
      ++suppressed_;
      return;
    }
    queue_.push_back(std::move(report));
  }
  ready_.notify_one();
}

void Reporter::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (ready_.wait(lock, stop, [this] { return !queue_.empty(); })) {
    TrapReport report = std::move(queue_.front());
    queue_.pop_front();
    const auto suppressed = std::exchange(suppressed_, 0);
    lock.unlock();
    look_up(report);
    write(report, suppressed);
    lock.lock();
  }
}

const eng_symbols* Reporter::symbols(const Artifact& artifact) {
  const auto found = std::ranges::find(symbols_, artifact.digest(), &Symbols::digest);
  if (found != symbols_.end()) return found->symbols.get();
  Text failure;
  SymbolsHandle made(eng_symbols_new(slice(artifact.wasm()), Text::take, &failure));
  if (symbols_.size() >= k_symbols_kept) symbols_.erase(symbols_.begin());
  return symbols_.emplace_back(artifact.digest(), std::move(made)).symbols.get();
}

void Reporter::look_up(TrapReport& report) {
  if (report.artifact == nullptr || report.frames.empty()) return;
  const eng_symbols* known = symbols(*report.artifact);
  if (known == nullptr) return;
  std::vector<TrapFrame> frames;
  for (auto& frame : report.frames) {
    Found found;
    if (!frame.file.empty() || !eng_symbols_find(known, frame.offset, Found::take, &found) ||
        found.frames.empty()) {
      frames.push_back(std::move(frame));
      continue;
    }
    for (auto& symbol : found.frames) {
      symbol.module = frame.module;
      symbol.offset = frame.offset;
      if (symbol.function.empty()) symbol.function = frame.function;
      frames.push_back(std::move(symbol));
    }
  }
  report.frames = std::move(frames);
}

void Reporter::write(const TrapReport& report, std::uint64_t suppressed) {
  const auto message =
      report.kind == Errc::trapped
          ? fmt::format("{} trapped in {}: {}", report.component, report.function, report.reason)
          : report.reason;
  log_.line(LogLevel::error, message,
            {{"component", report.component},
             {"interface", report.interface},
             {"function", report.function},
             {"kind", name(report.kind)},
             {"request", contracts::text(report.request)},
             {"trace", report.trace},
             {"calls", report.chain},
             {"cpu_ms", static_cast<double>(report.cpu_ns) / 1e6},
             {"memory", report.memory},
             {"backtrace", backtrace_text(report)},
             {"stderr", report.last_lines},
             {"suppressed", suppressed}});
}

}  // namespace weft::engine
