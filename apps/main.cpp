// The program `weft`: lists the providers and adapters, and hands over to the command line.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "contracts/keyvalue/flat_adapter.h"
#include "contracts/keyvalue/wasi_adapter.h"
#include "contracts/messaging/wasmcloud_adapter.h"
#include "net/descriptors.h"
#include "net/listen.h"
#include "providers/http_client/http_client.h"
#include "providers/keyvalue_memory/keyvalue_memory.h"
#include "providers/keyvalue_nats/keyvalue_nats.h"
#include "providers/keyvalue_redis/keyvalue_redis.h"
#include "providers/keyvalue_sqlite/keyvalue_sqlite.h"
#include "providers/keyvalue_vault/keyvalue_vault.h"
#include "providers/messaging_memory/messaging_memory.h"
#include "providers/messaging_nats/messaging_nats.h"
#include "providers/messaging_sqlite/messaging_sqlite.h"

namespace {

void write_all(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

std::string_view variable(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this process changes the environment
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

// As no-color.org has it: an empty NO_COLOR counts as none.
weft::LogColour colour_of(int stream) {
  const bool wanted =
      ::isatty(stream) != 0 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  return wanted ? weft::LogColour::yes : weft::LogColour::no;
}

}  // namespace

int main(int argc, char** argv) {
  weft::keep_large_blocks();
  weft::net::raise_descriptor_limit();
  const weft::SystemClock clock;
  weft::net::TcpNetwork network;
  weft::SystemRandom random;
  const weft::manifest::Providers providers(
      {&weft::providers::http_client::kind(), &weft::providers::keyvalue_sqlite::kind(),
       &weft::providers::keyvalue_redis::kind(), &weft::providers::keyvalue_nats::kind(),
       &weft::providers::keyvalue_vault::kind(), &weft::providers::keyvalue_memory::kind(),
       &weft::providers::messaging_sqlite::kind(), &weft::providers::messaging_nats::kind(),
       &weft::providers::messaging_memory::kind()});
  const auto keyvalue = weft::contracts::keyvalue::wasi_adapter();
  const auto flat_keyvalue = weft::contracts::keyvalue::flat_adapter();
  const auto messaging = weft::contracts::messaging::wasmcloud_adapter();
  weft::cli::Surroundings around{
      .out = [](std::string_view text) { write_all(stdout, text); },
      .err = [](std::string_view text) { write_all(stderr, text); },
      .colour = colour_of(STDERR_FILENO),
      .out_colour = colour_of(STDOUT_FILENO),
      .adapters = {keyvalue.get(), flat_keyvalue.get(), messaging.get()},
      .providers = providers,
      .clock = clock,
      .network = network,
      .random = random,
  };
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  return weft::cli::run_command_line(arguments.subspan(1), around);
}
