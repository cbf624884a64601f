// What is logged when a guest does not end as it should: everything a person needs to find out why.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "contracts/context.h"
#include "engine/artifact.h"

namespace weft::engine {

struct TrapFrame {
  std::string module;  // may be empty
  std::string function;
  std::string file;  // empty: not known
  std::uint32_t line = 0;
  std::size_t offset = 0;  // in the component's binary
};

struct TrapReport {
  std::string component;
  std::string interface;
  std::string function;
  Errc kind = Errc::trapped;
  std::string reason;  // in plain words: "it divided by zero", "shop-web exceeded its limit …"
  std::vector<TrapFrame> frames;  // innermost first
  std::string chain;              // the calls above, oldest first; empty for an outside event
  std::string last_lines;         // of standard error
  contracts::RequestId request = 0;
  std::string trace;
  std::uint64_t cpu_ns = 0;
  std::uint64_t memory = 0;
  std::shared_ptr<const Artifact> artifact;  // null: lines are not looked up
};

// "trapped in handle: it divided by zero" and the frames, one per line, as the log shows them.
std::string backtrace_text(const TrapReport& report);

// Writes reports to the log from a thread of its own, which looks up functions, files and lines in
// the original binaries, so that a trap costs its caller nothing. One per process; report() from
// any thread. Reports that come faster than they can be written are counted instead. The destructor
// writes what is queued.
class Reporter {
 public:
  explicit Reporter(Log& log);
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;
  ~Reporter();

  void report(TrapReport report);

 private:
  struct Symbols {
    std::string digest;
    SymbolsHandle symbols;
  };

  void run(const std::stop_token& stop);
  void look_up(TrapReport& report);
  const eng_symbols* symbols(const Artifact& artifact);
  void write(const TrapReport& report, std::uint64_t suppressed);

  Log& log_;
  std::vector<Symbols> symbols_;  // the thread's own, newest last
  std::mutex mutex_;              // between those who report and the thread that writes
  std::condition_variable_any ready_;
  std::deque<TrapReport> queue_;  // guarded by mutex_
  std::uint64_t suppressed_ = 0;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace weft::engine
