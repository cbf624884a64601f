#include "engine/call/test_rig.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/wasm_file.h"

namespace weft::engine::test {

std::string guest_bytes(std::string_view name) {
  std::string file(name);
  if (file.find('/') == file.npos) file = "release/" + file;
  auto bytes = read_wasm(std::filesystem::path(WEFT_TEST_GUESTS) / (file + ".wasm"));
  if (!bytes) {
    ADD_FAILURE() << bytes.error().message << "; build the target test_guests";
    return {};
  }
  return *std::move(bytes);
}

std::filesystem::path compiled_guests() {
  return std::filesystem::temp_directory_path() / "weft-engine-test-cache";
}

void Lines::add(std::string_view line) {
  const std::lock_guard lock(mutex_);
  lines_.emplace_back(line);
}

std::string Lines::all() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& line : lines_) text += line;
  return text;
}

int Lines::count(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::ranges::count_if(
      lines_, [&](const auto& line) { return line.find(text) != line.npos; }));
}

contracts::Image numbers(std::initializer_list<std::uint32_t> values) {
  contracts::Image image(values.size() * sizeof(std::uint32_t));
  std::memcpy(image.data(), values.begin(), image.size());
  return image;
}

std::uint32_t number(const Taker& taker) {
  if (!taker.results || !*taker.results) {
    ADD_FAILURE() << (taker.results ? taker.results->error().message : "no reply");
    return 0;
  }
  std::uint32_t value = 0;
  std::memcpy(&value, (*taker.results)->data(), sizeof(value));
  return value;
}

void Asker::on_head(contracts::HttpCallee& callee, std::uint16_t code,
                    std::span<const contracts::Header> fields) {
  callee_ = &callee;
  status = code;
  header_count = fields.size();
}

void Asker::on_body(std::string_view chunk) {
  response += chunk;
  if (!stalled) callee_->credit(chunk.size());
}

void Asker::on_end(std::span<const contracts::Header> fields) {
  ended = true;
  for (const auto& field : fields)
    response_trailers += fmt::format("{}: {}, ", field.name, field.value);
}

void Asker::on_want(contracts::HttpCallee& callee, std::size_t limit) {
  callee_ = &callee;
  if (silent) return;
  const std::string chunk = body.substr(0, limit);
  body.erase(0, chunk.size());
  callee.push(chunk, body.empty() ? contracts::Body::ended : contracts::Body::more,
              body.empty() ? trailers : std::vector<contracts::Header>());
}

void Asker::on_reply(contracts::Reply reply) noexcept {
  pending.settled();
  outcome = std::move(reply.results);
  ++replies;
}

std::string Asker::text() const {
  if (!outcome) return "no reply";
  if (!*outcome)
    return fmt::format("{}: {}", name(outcome->error().code), outcome->error().message);
  return fmt::format("{} {}", status, response);
}

contracts::Pending NoImports::invoke(contracts::Invocation invocation,
                                     contracts::Replier& replier) {
  replier.on_reply({fail(Errc::denied, "no link for " + std::string(invocation.contract))});
  return {};
}

Engine& Rig::engine() {
  static SystemClock clock;
  static Log log({}, clock, [](std::string_view) {});
  static const auto opened =
      Engine::open({.threads = 1, .guests = 300, .cache = compiled_guests()}, log);
  EXPECT_TRUE(opened);
  return **opened;
}

Rig::Rig(LoopSettings loop, Engine& engine_of_rig)
    : own_engine(engine_of_rig),
      log({.level = LogLevel::debug}, clock, [this](std::string_view line) { lines.add(line); }),
      reporter(std::in_place, log),
      thread(std::make_unique<Thread>(loop, own_engine, clock, random, log, *reporter)) {}

Rig::~Rig() {
  shards_.clear();
  thread.reset();
}

std::shared_ptr<const Artifact> Rig::artifact(std::string_view guest) {
  auto loaded = own_engine.load(guest_bytes(guest), std::string(guest));
  if (!loaded) ADD_FAILURE() << loaded.error().message;
  // Kept for the program: compiling takes seconds.
  static std::vector<std::shared_ptr<const Artifact>> kept;
  kept.push_back(*loaded);
  return *loaded;
}

std::shared_ptr<const Component> Rig::component(std::string_view guest,
                                                const std::function<void(ComponentSpec&)>& change) {
  const auto name = guest.substr(guest.rfind('/') + 1);
  ComponentSpec spec{.id = ComponentId(fmt::format("app-{}", name)), .artifact = artifact(guest)};
  if (change) change(spec);
  auto opened = Component::open(std::move(spec), own_engine);
  if (!opened) ADD_FAILURE() << opened.error().message;
  return *opened;
}

ComponentShard& Rig::shard(std::shared_ptr<const Component> component,
                           contracts::Invoker& imports) {
  auto opened = ComponentShard::open(std::move(component), *thread, imports);
  if (!opened) ADD_FAILURE() << opened.error().message;
  return *shards_.emplace_back(*std::move(opened));
}

ComponentShard& Rig::shard(std::string_view guest,
                           const std::function<void(ComponentSpec&)>& change) {
  return shard(component(guest, change), no_imports);
}

void Rig::ask(contracts::Invoker& invoker, Asker& asker, std::string_view path,
              contracts::Context context) {
  const contracts::HttpRequest request{.method = asker.method,
                                       .scheme = "http",
                                       .authority = "localhost",
                                       .target = path,
                                       .headers = asker.headers,
                                       .body = {},
                                       .body_state = asker.body.empty() && !asker.silent
                                                         ? contracts::Body::ended
                                                         : contracts::Body::more};
  contracts::Invocation invocation{.context = std::move(context),
                                   .source = "test",
                                   .link = "default",
                                   .contract = "wasi:http/incoming-handler@0.2.0",
                                   .interface = "wasi:http/incoming-handler@0.2.0",
                                   .function = "handle",
                                   .payload = contracts::HttpCall{&request, &asker}};
  auto pending = invoker.invoke(std::move(invocation), asker);
  if (!asker.over()) asker.pending = std::move(pending);
  thread->loop.turn().settle();
}

void Rig::call(contracts::Invoker& invoker, Taker& taker, std::string_view interface,
               std::string_view function, contracts::Image arguments, contracts::Context context) {
  contracts::Invocation invocation{.context = std::move(context),
                                   .source = "test",
                                   .link = "default",
                                   .contract = interface,
                                   .interface = interface,
                                   .function = function,
                                   .payload = std::move(arguments)};
  auto pending = invoker.invoke(std::move(invocation), taker);
  if (!taker.results) taker.pending = std::move(pending);
  thread->loop.turn().settle();
}

void Rig::finish(contracts::Invoker& invoker, Asker& asker, std::string_view path,
                 contracts::Context context) {
  ask(invoker, asker, path, std::move(context));
  EXPECT_TRUE(wait([&] { return asker.over(); }));
}

void Rig::finish(contracts::Invoker& invoker, Taker& taker, std::string_view interface,
                 std::string_view function, contracts::Image arguments,
                 contracts::Context context) {
  call(invoker, taker, interface, function, std::move(arguments), std::move(context));
  EXPECT_TRUE(wait([&] { return taker.results.has_value(); }));
}

std::string Rig::get(contracts::Invoker& invoker, std::string_view path) {
  Asker asker;
  finish(invoker, asker, path);
  return asker.text();
}

bool Rig::wait(const std::function<bool()>& done) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) return false;
    thread->loop.step(std::chrono::milliseconds(5));
  }
  return true;
}

void Rig::drain() {
  while (thread->loop.step(std::chrono::nanoseconds(0))) {
  }
}

}  // namespace weft::engine::test
