#include "tests/support/vault_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

namespace weft::tests {
namespace {

using namespace std::chrono_literals;

constexpr auto k_vault_patience = 40s;

std::string variable_or(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

// The rest of a line behind `word`.
std::string line_after(const std::string& text, std::string_view word) {
  const auto at = text.find(word);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no '" << word << "' in: " << text;
    return {};
  }
  const auto begin = at + word.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

VaultServer::VaultServer(Settings settings)
    : port_(free_port()), tls_(settings.listener == Listener::tls) {
  configure(settings.storage);
  start_sealed();
  const auto made = cli({"operator", "init", "-key-shares=1", "-key-threshold=1"});
  unseal_key_ = line_after(made, "Unseal Key 1: ");
  token_ = line_after(made, "Initial Root Token: ");
  unseal();
  cli({"secrets", "enable", "-version=2", "-path=secret", "kv"});
}

void VaultServer::configure(Storage storage) {
  const auto folder = folder_.path().string();
  if (tls_) {
    run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out",
         certificates()},
        "openssl");
  }
  std::ofstream out(folder_.path() / "vault.hcl");
  if (storage == Storage::memory) {
    out << "storage \"inmem\" {}\n";
  } else {
    std::filesystem::create_directory(folder_.path() / "data");
    out << "storage \"raft\" {\n  path = \"" << folder
        << "/data\"\n  performance_multiplier = 1\n}\n"
        << "cluster_addr = \"http://127.0.0.1:" << free_port() << "\"\n";
  }
  out << "api_addr = \"" << url() << "\"\nlog_level = \"warn\"\n"
      << "listener \"tcp\" {\n  address = \"127.0.0.1:" << port_ << "\"\n"
      << "  max_request_json_memory = 536870912\n  max_request_json_strings = 1000000\n";
  if (tls_) {
    out << "  tls_cert_file = \"" << certificates() << "\"\n  tls_key_file = \"" << folder
        << "/key.pem\"\n}\n";
  } else {
    out << "  tls_disable = true\n}\n";
  }
}

std::string VaultServer::url() const {
  return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
}

std::string VaultServer::certificates() const {
  return tls_ ? (folder_.path() / "cert.pem").string() : std::string();
}

std::string VaultServer::program() const {
  const auto cache = variable_or("XDG_CACHE_HOME", variable_or("HOME", "") + "/.cache");
  return variable_or("WEFT_TOOLS", cache + "/weft/tools") + "/bin/bao";
}

void VaultServer::start_sealed() {
  process_ = std::make_unique<Process>(Process::Command{
      .words = {program(), "server", "-config", (folder_.path() / "vault.hcl").string()},
      .package = "nothing: tools/setup.d/openbao.sh brings it",
      .output = folder_.path() / "log"});
  const auto until = std::chrono::steady_clock::now() + k_vault_patience;
  while (process_->running() && !health().starts_with('{')) {
    if (std::chrono::steady_clock::now() > until) {
      ADD_FAILURE() << "the server does not answer: " << process_->output();
      return;
    }
    std::this_thread::sleep_for(20ms);
  }
}

void VaultServer::start() {
  start_sealed();
  unseal();
}

void VaultServer::seal() { cli({"operator", "seal"}); }
void VaultServer::unseal() {
  cli({"operator", "unseal", unseal_key_});
  // It says so before it is active.
  for (int i = 0; i < 200; ++i) {
    const auto said = health();
    if (said.find("\"sealed\":false,\"standby\":false") != std::string::npos) return;
    std::this_thread::sleep_for(20ms);
  }
  ADD_FAILURE() << "the server stays inactive: " << process_->output();
}

// What it says of itself, which it does even sealed; empty: it does not answer.
std::string VaultServer::health() const {
  return run({"sh", "-c", "curl -sk " + url() + "/v1/sys/health || true"}, "curl");
}

std::string VaultServer::cli(std::vector<std::string> words) const {
  std::vector<std::string> all = {"env", "BAO_ADDR=" + url(), "BAO_TOKEN=" + token_,
                                  "BAO_SKIP_VERIFY=true", program()};
  all.insert(all.end(), words.begin(), words.end());
  auto printed = run(all, "nothing: tools/setup.d/openbao.sh brings it");
  if (printed.ends_with('\n')) printed.pop_back();
  return printed;
}

std::string VaultServer::new_engine() {
  auto mount = "kv" + std::to_string(++made_);
  cli({"secrets", "enable", "-version=2", "-path=" + mount, "kv"});
  return mount;
}

std::string VaultServer::new_policy(std::string_view policy) {
  const auto name = "policy" + std::to_string(++made_);
  const auto file = folder_.path() / name;
  std::ofstream(file) << policy;
  cli({"policy", "write", name, file.string()});
  return name;
}

std::string VaultServer::new_token(std::string_view policy, std::vector<std::string> words) {
  std::vector<std::string> all = {"token", "create", "-field=token",
                                  "-policy=" + new_policy(policy)};
  all.insert(all.end(), words.begin(), words.end());
  return cli(std::move(all));
}

}  // namespace weft::tests
