// What the C and C++ libraries reach through WASI: GET /print, /clock, /random, /environment,
// /sleep, /abort, /terminate.
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <random>
#include <weft/http.hpp>

namespace {

std::string try_print() {
  std::printf("printf %d\n", 42);
  std::puts("puts");
  std::cout << "cout" << std::endl;
  std::fprintf(stderr, "stderr %s\n", "text");
  std::printf("no newline");
  return "printed\n";
}

// Seconds since 1970, and whether a steady clock went on while a millisecond was slept.
std::string try_clock() {
  using namespace std::chrono;
  auto now = duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
  auto start = steady_clock::now();
  usleep(1000);
  return std::to_string(now) + (steady_clock::now() - start >= 1ms ? " steady\n" : " broken\n");
}

std::string try_random() {
  std::random_device device;
  unsigned char raw[16] = {};
  bool filled = getentropy(raw, sizeof raw) == 0;
  std::string text = std::to_string(device()) + " ";
  for (auto byte : raw) text += std::to_string(byte) + (filled ? "," : "!");
  return text + "\n";
}

std::string try_environment() {
  auto* value = std::getenv("GREETING");
  return std::string(value ? value : "not set") + "\n";
}

}  // namespace

http::response http::handle(http::request request) {
  auto path = request.path();
  if (path == "/print") return {.body = try_print()};
  if (path == "/clock") return {.body = try_clock()};
  if (path == "/random") return {.body = try_random()};
  if (path == "/environment") return {.body = try_environment()};
  if (path == "/abort") {
    std::optional<int> nothing;
    return {.body = std::to_string(nothing.value())};
  }
  if (path == "/terminate") std::terminate();
  return {.status = 404};
}

EXPORT_HTTP_HANDLER
