// Programs that a test starts: servers of products that Weft talks to.
#pragma once
#include <signal.h>
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace weft::tests {

// A folder that goes away with everything in it.
class TemporaryFolder final {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A port of the loopback interface that nobody had a moment ago.
std::uint16_t free_port();

// One running program, found on PATH, whose output goes to a file; it is killed with this object,
// and when the test process dies. A program that cannot be started fails the test and names the
// package that has it.
class Process final {
 public:
  struct Command {
    std::vector<std::string> words;  // the program and its arguments
    std::string package;             // of Debian
    std::filesystem::path output;
  };
  explicit Process(const Command& command);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  bool running();
  pid_t id() const { return pid_; }
  // Returns when it is gone.
  void end(int signal = SIGKILL);
  // Stopped it answers nothing, but keeps its connections.
  void stop() const { ::kill(pid_, SIGSTOP); }
  void go_on() const { ::kill(pid_, SIGCONT); }
  // The last lines that it wrote.
  std::string output() const;

 private:
  std::filesystem::path output_;
  pid_t pid_ = -1;
};

// Runs a program to its end; what it wrote. A failure fails the test.
std::string run(const std::vector<std::string>& words, const std::string& package);

}  // namespace weft::tests
