#include "tests/support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

namespace weft::tests {
namespace {

// The exit code of a child whose program is not there, as shells have it.
constexpr int k_no_program = 127;

std::string missing(const std::string& program, const std::string& package) {
  return program + " is not installed: tools/setup, or apt-get install " + package;
}

[[noreturn]] void become(const std::vector<std::string>& words, int output) {
  // The child ends with the test, whatever ends that.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(k_no_program);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "weft-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no folder at " << name;
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  if (error) ADD_FAILURE() << path_ << " stays: " << error.message();
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket, plain, size) != 0 || ::getsockname(socket, plain, &size) != 0)
    ADD_FAILURE() << "no free port: " << std::generic_category().message(errno);
  ::close(socket);
  return ntohs(address.sin_port);
}

Process::Process(const Command& command) : output_(command.output) {
  const int output =
      ::open(output_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
  pid_ = ::fork();
  if (pid_ == 0) become(command.words, output);
  ::close(output);
  if (pid_ < 0) ADD_FAILURE() << "no process for " << command.words.front();
  // One that is not there ends at once.
  for (int i = 0; i < 20; ++i) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      const bool absent = WIFEXITED(status) && WEXITSTATUS(status) == k_no_program;
      ADD_FAILURE() << (absent ? missing(command.words.front(), command.package)
                               : command.words.front() + " ended at once: " + this->output());
      return;
    }
    ::usleep(500);
  }
}

Process::~Process() {
  end();
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  if (test != nullptr && test->result()->Failed())
    std::fprintf(stderr, "---- %s\n%s\n", output_.c_str(), output().c_str());
}

bool Process::running() { return pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0; }

void Process::end(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  if (signal != SIGKILL) ::kill(pid_, SIGCONT);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string Process::output() const {
  std::ifstream file(output_);
  std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  constexpr std::size_t k_most = 4000;
  return all.size() <= k_most ? all : all.substr(all.size() - k_most);
}

std::string run(const std::vector<std::string>& words, const std::string& package) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "output";
  const int output = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const pid_t pid = ::fork();
  if (pid == 0) become(words, output);
  ::close(output);
  int status = 0;
  ::waitpid(pid, &status, 0);
  std::ifstream file(path);
  std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (WIFEXITED(status) && WEXITSTATUS(status) == k_no_program) {
    ADD_FAILURE() << missing(words.front(), package);
  } else if (status != 0) {
    ADD_FAILURE() << words.front() << " failed: " << all;
  }
  return all;
}

}  // namespace weft::tests
