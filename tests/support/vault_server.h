// A Vault server of a test's own: OpenBao, which speaks the same.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/process.h"

namespace weft::tests {

// On a free port of the loopback interface, initialised and unsealed, with an empty KV engine,
// version 2, at `secret`. What it keeps goes away with this.
class VaultServer final {
 public:
  enum class Listener { plain, tls };
  enum class Storage {
    memory,  // as far as Vault goes: what a restart needs is not there
    disk,
  };
  struct Settings {
    Listener listener = Listener::plain;
    Storage storage = Storage::memory;
  };
  VaultServer() : VaultServer(Settings{}) {}
  explicit VaultServer(Settings settings);

  std::uint16_t port() const { return port_; }
  std::string url() const;
  const std::string& root_token() const { return token_; }
  // Of the authority that signed its certificate; empty for a plain one.
  std::string certificates() const;
  Process& process() { return *process_; }
  // Ends one with a disk, and starts it again at the same port, unsealed; between the two it is not
  // there.
  void end() { process_->end(); }
  void start();
  void seal();
  void unseal();
  // What `bao` prints for this command, as root.
  std::string cli(std::vector<std::string> words) const;
  // Another engine of the same kind; its mount, which nobody had before.
  std::string new_engine();
  // Its name.
  std::string new_policy(std::string_view policy);
  // A token with this policy, and what `bao token create` takes beside it.
  std::string new_token(std::string_view policy, std::vector<std::string> words = {});

 private:
  std::string program() const;
  void start_sealed();
  std::string health() const;
  void configure(Storage storage);

  const TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  bool tls_ = false;
  int made_ = 0;  // engines and policies
  std::string token_, unseal_key_;
  std::unique_ptr<Process> process_;
};

}  // namespace weft::tests
