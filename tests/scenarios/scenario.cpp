#include "tests/scenarios/scenario.h"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <utility>

#include "host/manifest/read_manifest.h"

namespace weft::tests {
namespace {

std::string yaml(const Bad& bad) {
  return fmt::format(R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: app, annotations: {{}}}}
spec:
  components:
    - name: bad
      type: component
      properties: {{image: "{}/bad.wasm"}}
      traits:
        - {{type: spreadscaler, properties: {{instances: 8}}}}
        - {{type: limits, properties: {{{}}}}}
    - name: http
      type: capability
      properties: {{image: "weft:http-server"}}
      traits:
        - type: link
          properties:
            target: {{name: bad}}
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            source: {{config: [{{name: in, properties: {{address: "{}"}}}}]}}
)",
                     WEFT_GUESTS, bad.limits, bad.address);
}

constexpr std::chrono::seconds k_patience{10};

}  // namespace

Meanwhile::Meanwhile(ManualClock& clock, const std::function<void()>& what)
    : clock_(clock), done_(std::async(std::launch::async, what)) {}

Meanwhile::~Meanwhile() {
  while (done_.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
    clock_.advance(std::chrono::seconds(1));
}

bool Meanwhile::is_over() const {
  return done_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

bool Meanwhile::ends() const { return done_.wait_for(k_patience) == std::future_status::ready; }

HostScenario::HostScenario()
    : log_({.level = LogLevel::debug}, clock_, [this](std::string_view line) {
        const std::lock_guard lock(mutex_);
        lines_ += line;
      }) {
  host::HostSettings settings;
  settings.threads = 1;
  settings.cache = std::filesystem::temp_directory_path() / "weft-host-test-cache";
  settings.drain = std::chrono::seconds(30);
  auto opened =
      host::Host::open(std::move(settings), {clock_, network_, random_, log_, providers_});
  if (!opened) throw std::runtime_error(opened.error().message);
  host_ = *std::move(opened);
}

// Before what it was given.
HostScenario::~HostScenario() { host_.reset(); }

void HostScenario::apply(const Bad& bad) {
  const auto read = manifest::read_manifest(yaml(bad), "app.yaml", providers_);
  ASSERT_TRUE(read.manifest) << manifest::text(read.findings);
  const auto applied = host_->apply({&*read.manifest, 1});
  ASSERT_TRUE(applied.summary) << manifest::text(applied.findings)
                               << (applied.failure ? applied.failure->message : "");
}

RawClient HostScenario::client(std::string_view address) {
  auto connected = network_.connect(address);
  if (!connected) throw std::runtime_error(fmt::format("nobody listens at {}", address));
  return *std::move(connected);
}

RawClient HostScenario::ask(std::string_view path, std::string_view address) {
  auto made = client(address);
  made.send(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", path));
  return made;
}

// What is posted runs after what was queued, and sockets are looked at between two rounds: the
// first round may meet a thread that has just looked, the second one finds what was there, and the
// third comes after that was handled.
void HostScenario::settle() {
  for (int round = 0; round < 3; ++round) host_->cores().everywhere([](host::Core&) {});
}

bool HostScenario::waits_for(MonotonicTime at) {
  const bool set = clock_.wait_for_alarm(at);
  settle();  // a guest that has just gone to sleep is only then put under its own alarms
  return set;
}

void HostScenario::pass(std::chrono::nanoseconds by) {
  clock_.advance(by);
  settle();
}

std::shared_ptr<const engine::Component> HostScenario::component() {
  return host_->deployment().component(host_->generation(ComponentId("app-bad")));
}

std::size_t HostScenario::guests() {
  std::size_t running = 0;
  host_->cores().everywhere([&](host::Core& core) { running += core.thread.pool.running(); });
  return running;
}

const ingress::HttpMetrics& HostScenario::metrics() {
  const ingress::HttpMetrics* found = nullptr;
  host_->cores().each([&](const host::Core& core) { found = &core.http_metrics; });
  return *found;
}

bool HostScenario::logged(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  return lines_.find(text) != std::string::npos;
}

}  // namespace weft::tests
