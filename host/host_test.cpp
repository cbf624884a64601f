#include "host/host.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
#include <mutex>
#include <thread>

#include "contracts/keyvalue/wasi_adapter.h"
#include "host/config_store.h"
#include "host/manifest/read_manifest.h"
#include "host/secrets/component_secrets.h"
#include "tests/support/known_providers.h"

namespace weft::host {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// One application of hello behind HTTP; with a key-value capability when asked for.
struct Shape {
  std::string path = "/";
  std::string config = "A";
  std::string address = "127.0.0.1:0";
  std::string limits = "";  // properties of the component
  bool keyvalue = false;
  bool linked = false;               // hello to it
  std::string keyvalue_config = "";  // of the capability
  std::string keyvalue_kind = "capability";
  std::string image = std::string(WEFT_GUESTS) + "/hello.wasm";
};

std::string keyvalue_yaml(const Shape& shape) {
  if (!shape.keyvalue) return "";
  const bool capability = shape.keyvalue_kind == "capability";
  const auto config = shape.keyvalue_config.empty() ? std::string()
                                                    : ", config: [{name: c, properties: {K: \"" +
                                                          shape.keyvalue_config + "\"}}]";
  return fmt::format("    - {{name: kv, type: {}, properties: {{image: \"{}\"{}}}}}\n",
                     shape.keyvalue_kind, capability ? "weft:keyvalue-sqlite" : shape.image,
                     config);
}

std::string yaml(const Shape& shape) {
  return fmt::format(
      R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: app, annotations: {{}}}}
spec:
  components:
    - name: hello
      type: component
      properties: {{image: "{}", config: [{{name: env, properties: {{K: "{}"}}}}]}}
      traits: [{{type: spreadscaler, properties: {{instances: 8}}}}{}{}]
    - name: http
      type: capability
      properties: {{image: "weft:http-server"}}
      traits:
        - type: link
          properties:
            target: {{name: hello}}
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            source: {{config: [{{name: in, properties: {{address: "{}", path: "{}"}}}}]}}
{})",
      shape.image, shape.config,
      shape.limits.empty() ? std::string() : ", {type: limits, properties: {" + shape.limits + "}}",
      shape.linked ? ", {type: link, properties: {namespace: wasi, package: keyvalue, interfaces: "
                     "[store], target: {name: kv}}}"
                   : "",
      shape.address, shape.path, keyvalue_yaml(shape));
}

// A component with a config that the store has, and a secret.
std::string named_yaml(const fs::path& folder) {
  return fmt::format(R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: app, annotations: {{}}}}
spec:
  policies:
    - name: ours
      type: policy.secret.wasmcloud.dev/v1alpha1
      properties: {{backend: weft:secrets-file, key_file: {}}}
  components:
    - name: hello
      type: component
      properties:
        image: {}/settings.wasm
        config: [{{name: far}}]
        secrets: [{{name: S, properties: {{policy: ours, key: s}}}}]
      traits: [{{type: spreadscaler, properties: {{instances: 8}}}}]
    - name: http
      type: capability
      properties: {{image: "weft:http-server"}}
      traits:
        - type: link
          properties:
            {{target: {{name: hello}}, namespace: wasi, package: http, interfaces: [incoming-handler],
             source: {{config: [{{name: in, properties: {{address: "127.0.0.1:0"}}}}]}}}}
)",
                     (folder / "key").string(), WEFT_GUESTS);
}

// A provider with a setting that is secret, and a link to it.
std::string secret_yaml(const fs::path& folder) {
  return fmt::format(R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: app, annotations: {{}}}}
spec:
  policies:
    - name: ours
      type: policy.secret.wasmcloud.dev/v1alpha1
      properties: {{backend: weft:secrets-file, key_file: {}}}
  components:
    - name: hello
      type: component
      properties: {{image: {}/hello.wasm}}
      traits:
        - {{type: spreadscaler, properties: {{instances: 8}}}}
        - {{type: link, properties: {{namespace: wasi, package: keyvalue, interfaces: [store], target: {{name: kv}}}}}}
    - name: kv
      type: capability
      properties: {{image: "weft:keyvalue-sqlite", secrets: [{{name: K, properties: {{policy: ours, key: s}}}}]}}
)",
                     (folder / "key").string(), WEFT_GUESTS);
}

// Empty when nothing went wrong.
std::string why(const Applied& applied) {
  return applied.failure ? applied.failure->message : manifest::text(applied.findings);
}

std::string head(std::string_view name, std::string_view annotations = "") {
  return fmt::format(
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {{name: {}, annotations: "
      "{{{}}}}}\nspec:\n  components:\n",
      name, annotations);
}

// An application with a provider that others may use, whose id says nothing of it.
std::string owner(std::string_view name) {
  return head(name, "experimental.wasmcloud.dev/shared: 'true'") +
         "    - {name: kv, type: capability, properties: {id: store, image: "
         "\"weft:keyvalue-sqlite\"}}\n";
}
// An application that uses the provider of that one.
std::string caller_of(std::string_view owner) {
  return head("caller") + fmt::format(R"(    - name: hello
      type: component
      properties: {{image: "{}/hello.wasm"}}
      traits:
        - {{type: spreadscaler, properties: {{instances: 8}}}}
        - {{type: link, properties: {{namespace: wasi, package: keyvalue, interfaces: [store], target: {{name: kv}}}}}}
    - {{name: kv, type: capability, properties: {{application: {{name: {}, component: kv}}}}}}
)",
                                      WEFT_GUESTS, owner);
}

// An application that uses a provider of its own with this configuration.
std::string user_of_its_own(std::string_view name, std::string_view config) {
  return head(name) + fmt::format(R"(    - name: hello
      type: component
      properties: {{image: "{}/hello.wasm"}}
      traits:
        - {{type: spreadscaler, properties: {{instances: 8}}}}
        - {{type: link, properties: {{namespace: wasi, package: keyvalue, interfaces: [store], target: {{name: kv}}}}}}
    - name: kv
      type: capability
      properties: {{image: "weft:keyvalue-sqlite", config: [{{name: c, properties: {{k: "{}"}}}}]}}
)",
                                  WEFT_GUESTS, config);
}

// A provider that starts, or does not.
class EmptyProvider final : public contracts::Provider {
 public:
  EmptyProvider(int& open, std::atomic<int>& endpoints) : open_(open), endpoints_(endpoints) {
    ++open_;
  }
  ~EmptyProvider() override { --open_; }
  Result<std::unique_ptr<contracts::Endpoint>> open(asio::io_context::executor_type,
                                                    const contracts::Settings&) override {
    class Nothing final : public contracts::Endpoint {
     public:
      explicit Nothing(std::atomic<int>& count) : count_(count) { ++count_; }
      Nothing(const Nothing&) = delete;
      Nothing& operator=(const Nothing&) = delete;
      ~Nothing() override { --count_; }

     private:
      std::atomic<int>& count_;
      std::size_t in_flight() const override { return 0; }
      contracts::Pending invoke(contracts::Invocation, contracts::Replier& replier) override {
        replier.on_reply({fail(Errc::unavailable, "empty")});
        return {};
      }
    };
    return std::make_unique<Nothing>(endpoints_);
  }
  void close() override {}

 private:
  int& open_;
  std::atomic<int>& endpoints_;
};

class HostTest : public testing::Test {
 protected:
  HostTest() {
    std::string pattern = (fs::temp_directory_path() / "weft-host-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    HostSettings settings;
    settings.threads = 2;
    settings.state = folder_ / "state";
    settings.cache = fs::temp_directory_path() / "weft-host-test-cache";
    settings.adapters = {adapter_.get()};
    settings.drain = std::chrono::milliseconds(500);
    auto opened = Host::open(std::move(settings), {clock_, network_, random_, log_, providers_});
    if (!opened) ADD_FAILURE() << opened.error().message;
    host_ = *std::move(opened);
  }
  ~HostTest() override {
    host_.reset();
    fs::remove_all(folder_);
  }

  Applied apply(const Shape& shape) {
    const auto read = manifest::read_manifest(yaml(shape), "app.yaml", providers_);
    if (!read.manifest) {
      ADD_FAILURE() << manifest::text(read.findings);
      return {};
    }
    return host_->apply({&*read.manifest, 1});
  }
  Applied apply_all(const std::vector<std::string>& texts) {
    std::vector<contracts::Manifest> manifests;
    for (const auto& text : texts) {
      auto read = manifest::read_manifest(text, "app.yaml", providers_);
      if (!read.manifest) ADD_FAILURE() << manifest::text(read.findings);
      if (read.manifest) manifests.push_back(*std::move(read.manifest));
    }
    return host_->apply(manifests);
  }
  unsigned short port() {
    const std::lock_guard lock(mutex_);
    const auto line = lines_.substr(lines_.rfind("address="));
    const auto digits = line.find("]:") != line.npos ? line.find("]:") + 2 : line.find(':') + 1;
    return static_cast<unsigned short>(std::stoi(line.substr(digits)));
  }
  // In the file of secrets of this host, whose key stands in `key`.
  void put_secret(std::string_view value) {
    std::ofstream(folder_ / "key") << std::string(64, '7');
    const secrets::KeySource source{folder_ / "key", {}};
    const auto path = secrets::default_file(folder_ / "state");
    const auto key = secrets::read_key(source, path, secrets::Ask::no);
    ASSERT_TRUE(key) << key.error().message;
    auto file = secrets::SecretsFile::open(path, *key);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE(
        file->put({"s", ""}, {contracts::SecretKind::text, std::as_bytes(std::span(value))}));
    ASSERT_TRUE(file->save());
  }
  // The status line's number, 0 when nothing answers.
  int get(const std::string& target) {
    const auto answer = ask(target, "");
    return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
  }
  std::string ask(const std::string& target, const std::string& headers) {
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    boost::system::error_code error;
    socket.connect({asio::ip::address_v4::loopback(), port()}, error);
    if (error) return {};
    const auto request =
        "GET " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n" + headers + "\r\n";
    asio::write(socket, asio::buffer(request), error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
  }
  std::size_t listening() {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (std::size_t at = 0; (at = lines_.find("listening", at)) != std::string::npos; ++at)
      ++count;
    return count;
  }

  SystemClock clock_;
  net::TcpNetwork network_;
  SystemRandom random_;
  std::mutex mutex_;
  std::string lines_;  // of the log
  Log log_{{}, clock_, [this](std::string_view line) {
             const std::lock_guard lock(mutex_);
             lines_ += line;
           }};
  std::unique_ptr<contracts::Adapter> adapter_ = contracts::keyvalue::wasi_adapter();
  contracts::ProviderKind kind_{
      .info = tests::known_providers().find("weft:keyvalue-sqlite")->info,
      .succession = contracts::Succession::after_close,
      .start = [this](const contracts::ProviderStart& start)
          -> Result<std::unique_ptr<contracts::Provider>> {
        const auto config = start.config.find("k");
        const bool refused = config != start.config.end() && config->second == refuse_config_;
        if (refuse_) return fail(Errc::unavailable, "the disk is gone");
        if (refused) return fail(Errc::unavailable, "the disk is gone: " + config->second);
        given_ = config == start.config.end() ? "" : config->second;
        auto made = std::make_unique<EmptyProvider>(open_providers_, open_endpoints_);
        most_open_providers_ = std::max(most_open_providers_, open_providers_);
        return made;
      }};
  const manifest::Providers providers_{{&kind_}};
  bool refuse_ = false;
  std::string refuse_config_ = "none";
  std::string given_;  // to the provider that started last
  std::atomic<int> open_endpoints_ = 0;
  int open_providers_ = 0, most_open_providers_ = 0;
  fs::path folder_;
  std::unique_ptr<Host> host_;
};

TEST_F(HostTest, answers_by_the_manifest_it_applied) {
  const auto applied = apply({});

  ASSERT_TRUE(applied.summary);
  EXPECT_EQ(get("/"), 200);
}

TEST_F(HostTest, changes_nothing_when_the_same_manifest_is_applied_again) {
  ASSERT_TRUE(apply({}).summary);
  const auto generation = host_->generation(ComponentId("app-hello"));

  const auto again = apply({});

  ASSERT_TRUE(again.summary);
  EXPECT_EQ(again.summary->added + again.summary->changed + again.summary->removed, 0u);
  EXPECT_EQ(host_->generation(ComponentId("app-hello")), generation);
  EXPECT_EQ(listening(), 1u);
}

TEST_F(HostTest, changes_only_what_an_edit_changed) {
  ASSERT_TRUE(apply({}).summary);
  const auto generation = host_->generation(ComponentId("app-hello"));

  const auto moved = apply({.path = "/api"});

  ASSERT_TRUE(moved.summary);
  EXPECT_EQ(host_->generation(ComponentId("app-hello")), generation)
      << "the component was not edited";
  EXPECT_EQ(get("/api"), 200);
  EXPECT_EQ(get("/"), 404);
  EXPECT_EQ(listening(), 1u) << "the address was not edited";
}

TEST_F(HostTest, hands_another_configuration_to_the_component_that_runs) {
  ASSERT_TRUE(apply({.image = std::string(WEFT_GUESTS) + "/settings.wasm"}).summary);
  const auto before = host_->generation(ComponentId("app-hello"));
  EXPECT_NE(ask("/config/K", "").find("A"), std::string::npos);

  const auto applied =
      apply({.config = "other", .image = std::string(WEFT_GUESTS) + "/settings.wasm"});

  ASSERT_TRUE(applied.summary);
  EXPECT_EQ(applied.summary->changed, 1u);
  EXPECT_EQ(host_->generation(ComponentId("app-hello")), before);
  EXPECT_NE(ask("/config/K", "").find("other"), std::string::npos);
  EXPECT_NE(ask("/env/K", "").find("other"), std::string::npos);
}

TEST_F(HostTest, keeps_the_configuration_when_a_change_fails) {
  const auto image = std::string(WEFT_GUESTS) + "/settings.wasm";
  ASSERT_TRUE(apply({.config = "first", .image = image}).summary);
  refuse_ = true;

  ASSERT_TRUE(apply({.config = "other", .keyvalue = true, .image = image}).failure);
  EXPECT_NE(ask("/config/K", "").find("first"), std::string::npos);
  refuse_ = false;
  ASSERT_TRUE(apply({.config = "other", .keyvalue = true, .image = image}).summary);

  EXPECT_NE(ask("/config/K", "").find("other"), std::string::npos);
}

// SIGHUP and `weft reload` apply; `weft scale` and its like edit.
TEST_F(HostTest, reads_named_configs_and_secrets_again_when_it_applies_and_not_for_an_edit) {
  ConfigStore store(folder_ / "state");
  put_secret("old secret");
  ASSERT_TRUE(store.put("far", {{"K", "old config"}}));
  const auto read = manifest::read_manifest(named_yaml(folder_), "app.yaml", providers_);
  ASSERT_TRUE(read.manifest) << manifest::text(read.findings);
  auto applied = host_->apply({&*read.manifest, 1});
  ASSERT_TRUE(applied.summary) << why(applied);
  put_secret("new secret");
  ASSERT_TRUE(store.put("far", {{"K", "new config"}}));

  auto& hello = applied.manifests.front().components.front();
  hello.limits.calls = 3;
  const auto edited = host_->apply_edited(applied.manifests, {});
  ASSERT_TRUE(edited.summary) << why(edited);
  EXPECT_NE(ask("/config/K", "").find("old config"), std::string::npos);
  EXPECT_NE(ask("/secret/S", "").find("old secret"), std::string::npos);

  ASSERT_TRUE(host_->apply({&*read.manifest, 1}).summary);
  EXPECT_NE(ask("/config/K", "").find("new config"), std::string::npos);
  EXPECT_NE(ask("/secret/S", "").find("new secret"), std::string::npos);
}

TEST_F(HostTest, replaces_a_component_whose_limits_changed) {
  ASSERT_TRUE(apply({}).summary);
  const auto before = host_->generation(ComponentId("app-hello"));

  ASSERT_TRUE(apply({.limits = "cpu_time: 5s"}).summary);

  EXPECT_NE(host_->generation(ComponentId("app-hello")), before);
  EXPECT_EQ(host_->deployment().components().size(), 1u) << "the old one is gone";
  EXPECT_EQ(get("/"), 200);
}

TEST_F(HostTest, starts_and_ends_providers_with_the_manifest) {
  ASSERT_TRUE(apply({.keyvalue = true}).summary);
  EXPECT_EQ(open_providers_, 1);

  ASSERT_TRUE(apply({}).summary);

  EXPECT_EQ(open_providers_, 0);
}

TEST_F(HostTest, leaves_nothing_behind_of_an_application_that_cannot_start) {
  refuse_ = true;

  const auto failed = apply({.keyvalue = true});

  ASSERT_FALSE(failed.summary);
  ASSERT_TRUE(failed.failure);
  EXPECT_NE(failed.failure->message.find("the disk is gone"), std::string::npos);
  EXPECT_TRUE(host_->deployment().components().empty());
  EXPECT_EQ(listening(), 0u);
}

TEST_F(HostTest, keeps_what_runs_when_a_change_fails) {
  ASSERT_TRUE(apply({}).summary);
  refuse_ = true;

  const auto failed = apply({.path = "/api", .config = "B", .keyvalue = true});

  ASSERT_TRUE(failed.failure);
  EXPECT_EQ(get("/"), 200) << "the old route still leads to the old component";
  EXPECT_EQ(host_->deployment().components().size(), 1u);
}

TEST_F(HostTest, replaces_a_provider_whose_configuration_changed_by_one_alone) {
  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "1"}).summary);
  const auto before = host_->generation(ComponentId("app-kv"));

  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "2"}).summary);

  EXPECT_NE(host_->generation(ComponentId("app-kv")), before);
  EXPECT_EQ(most_open_providers_, 1);
}

TEST_F(HostTest, starts_the_successor_of_a_provider_before_it_ends_where_both_may_run) {
  kind_.succession = contracts::Succession::side_by_side;
  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "1"}).summary);

  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "2"}).summary);

  EXPECT_EQ(most_open_providers_, 2);
  EXPECT_EQ(open_providers_, 1);
}

TEST_F(HostTest, warns_before_a_provider_loses_what_it_holds_in_memory) {
  const auto lost = [this] {
    const std::lock_guard lock(mutex_);
    return lines_.find("what it holds in memory is lost") != std::string::npos;
  };
  kind_.succession = contracts::Succession::side_by_side;
  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "1"}).summary);
  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "2"}).summary);
  EXPECT_FALSE(lost()) << "a file is there for the successor";

  kind_.info.keeps = contracts::Keeps::in_its_memory;
  refuse_ = true;
  const auto changed = apply({.keyvalue = true, .keyvalue_config = "3"});

  EXPECT_TRUE(changed.failure);
  EXPECT_TRUE(lost());
  ASSERT_FALSE(changed.findings.all().empty());
  EXPECT_NE(manifest::text(changed.findings).find("is lost whenever this config changes"),
            std::string::npos);
}

TEST_F(HostTest, keeps_a_provider_whose_successor_cannot_start_where_both_may_run) {
  kind_.succession = contracts::Succession::side_by_side;
  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "1"}).summary);
  const auto before = host_->generation(ComponentId("app-kv"));
  refuse_config_ = "2";

  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "2"}).failure);

  EXPECT_EQ(host_->generation(ComponentId("app-kv")), before);
  EXPECT_EQ(open_providers_, 1);
}

TEST_F(HostTest, closes_two_providers_before_their_successors_in_one_change) {
  const auto both = [this](std::string_view config) {
    return apply_all({user_of_its_own("one", config), user_of_its_own("two", config)});
  };
  ASSERT_TRUE(both("1").summary);
  EXPECT_EQ(open_providers_, 2);
  EXPECT_EQ(open_endpoints_, 4) << "one of each on each thread";

  ASSERT_TRUE(both("2").summary);

  EXPECT_EQ(open_providers_, 2);
  EXPECT_EQ(open_endpoints_, 4);
}

TEST_F(HostTest, links_to_the_successor_of_a_provider_whose_configuration_changed) {
  for (const auto succession :
       {contracts::Succession::side_by_side, contracts::Succession::after_close}) {
    kind_.succession = succession;
    ASSERT_TRUE(apply({.keyvalue = true, .linked = true, .keyvalue_config = "1"}).summary);
    EXPECT_EQ(open_endpoints_, 2) << "one on each thread";

    ASSERT_TRUE(apply({.keyvalue = true, .linked = true, .keyvalue_config = "2"}).summary);

    EXPECT_EQ(open_endpoints_, 2) << "it did not end with the predecessor";
    EXPECT_EQ(open_providers_, 1);
  }
}

// Its endpoint stays the same for the plan: it belongs to the application of its caller.
TEST_F(HostTest, links_to_a_provider_that_another_application_has_now) {
  for (const auto succession :
       {contracts::Succession::side_by_side, contracts::Succession::after_close}) {
    kind_.succession = succession;
    ASSERT_TRUE(apply_all({caller_of("one"), owner("one")}).summary);
    EXPECT_EQ(open_endpoints_, 2) << "one on each thread";

    ASSERT_TRUE(apply_all({caller_of("two"), owner("two")}).summary);

    EXPECT_EQ(open_endpoints_, 2) << "it did not end with the predecessor";
    EXPECT_EQ(open_providers_, 1);
    ASSERT_TRUE(apply_all({}).summary);
  }
}

TEST_F(HostTest, gives_a_provider_what_is_secret_among_its_settings_and_shows_it_to_nobody) {
  static constexpr std::array keys = {contracts::ConfigKey{
      "k", contracts::KeyPlace::provider, contracts::KeySupport::taken, "", "", ""}};
  kind_.info.keys = keys;
  put_secret("hunter1");
  ASSERT_TRUE(apply_all({secret_yaml(folder_)}).summary);
  const auto before = host_->generation(ComponentId("app-kv"));
  EXPECT_EQ(given_, "hunter1");
  EXPECT_EQ(open_endpoints_, 2);

  ASSERT_TRUE(apply_all({secret_yaml(folder_)}).summary);
  EXPECT_EQ(host_->generation(ComponentId("app-kv")), before) << "nothing has changed";

  put_secret("hunter2");
  ASSERT_TRUE(apply_all({secret_yaml(folder_)}).summary);
  EXPECT_NE(host_->generation(ComponentId("app-kv")), before);
  EXPECT_EQ(given_, "hunter2");

  refuse_config_ = "hunter3";
  put_secret("hunter3");
  const auto refused = apply_all({secret_yaml(folder_)});
  ASSERT_TRUE(refused.failure);
  EXPECT_NE(refused.failure->message.find("the disk is gone: ***"), std::string::npos)
      << refused.failure->message;
  EXPECT_EQ(given_, "hunter2") << "it is back with what it had";
  EXPECT_EQ(open_endpoints_, 2);
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(lines_.find("hunter"), std::string::npos) << lines_;
}

TEST_F(HostTest, brings_a_provider_back_when_its_successor_cannot_start) {
  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "1"}).summary);
  refuse_config_ = "2";

  const auto failed = apply({.keyvalue = true, .keyvalue_config = "2"});

  ASSERT_TRUE(failed.failure);
  EXPECT_EQ(open_providers_, 1);
  EXPECT_NE(host_->generation(ComponentId("app-kv")), 0u);
}

TEST_F(HostTest, starts_a_provider_at_the_next_apply_that_could_not_be_brought_back) {
  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "1"}).summary);
  refuse_ = true;
  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_config = "2"}).failure);
  ASSERT_EQ(open_providers_, 0);
  refuse_ = false;

  const auto again = apply({.keyvalue = true, .keyvalue_config = "1"});

  ASSERT_TRUE(again.summary);
  EXPECT_EQ(open_providers_, 1);
}

TEST_F(HostTest, changes_what_a_name_stands_for_both_ways) {
  ASSERT_TRUE(apply({.keyvalue = true}).summary);

  ASSERT_TRUE(apply({.keyvalue = true, .keyvalue_kind = "component"}).summary);
  EXPECT_EQ(open_providers_, 0);
  EXPECT_EQ(host_->deployment().components().size(), 2u);

  ASSERT_TRUE(apply({.keyvalue = true}).summary);
  EXPECT_EQ(open_providers_, 1);
  EXPECT_EQ(host_->deployment().components().size(), 1u);
}

TEST_F(HostTest, tells_a_file_that_is_no_component_at_its_line) {
  const auto broken = apply({.image = std::string(WEFT_GUESTS) + "/nothing.wasm"});

  ASSERT_FALSE(broken.findings.ok());
  EXPECT_EQ(broken.findings.all().front().at.line, 8u);
}

TEST_F(HostTest, refuses_a_port_that_somebody_else_holds_and_leaves_nothing_behind) {
  asio::io_context io;
  asio::ip::tcp::acceptor holder(io, {asio::ip::address_v4::loopback(), 0});
  auto text = yaml({});
  text.replace(text.find("127.0.0.1:0"), 11,
               fmt::format("127.0.0.1:{}", holder.local_endpoint().port()));
  const auto read = manifest::read_manifest(text, "app.yaml", providers_);
  ASSERT_TRUE(read.manifest);

  const auto refused = host_->apply({&*read.manifest, 1});

  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.failure->code, Errc::conflict);
  EXPECT_TRUE(host_->deployment().components().empty());
}

TEST_F(HostTest, moves_from_an_address_of_its_own_to_one_that_covers_it_and_back) {
  ASSERT_TRUE(apply({}).summary);
  const auto port = this->port();

  for (const auto* ip : {"0.0.0.0", "[::]", "127.0.0.1", "[::]", "0.0.0.0"}) {
    const auto moved = apply({.address = fmt::format("{}:{}", ip, port)});

    ASSERT_TRUE(moved.summary) << ip << ": " << moved.failure->message;
    EXPECT_EQ(this->port(), port);
    EXPECT_EQ(get("/"), 200) << ip;
  }
}

// A connection that is being made in the very moment in which its listening socket closes is reset
// by the kernel; whoever tries again reaches the other socket, for there is always one.
TEST_F(HostTest, serves_every_client_while_it_moves_from_one_address_to_another) {
  ASSERT_TRUE(apply({}).summary);
  const auto port = this->port();
  std::atomic<bool> moving = true;
  int refused = 0, served = 0;
  std::thread client([&] {
    while (moving) get("/") == 200 || get("/") == 200 ? ++served : ++refused;
  });

  for (int round = 0; round < 5; ++round) {
    for (const auto* ip : {"0.0.0.0", "127.0.0.1"}) {
      EXPECT_TRUE(apply({.address = fmt::format("{}:{}", ip, port)}).summary);
    }
  }

  moving = false;
  client.join();
  EXPECT_EQ(refused, 0);
  EXPECT_GT(served, 0);
}

TEST_F(HostTest, stays_at_its_address_when_it_cannot_move_to_a_wider_one) {
  ASSERT_TRUE(apply({}).summary);
  const auto port = this->port();
  asio::io_context io;
  asio::ip::tcp::acceptor holder(io, {asio::ip::make_address_v4("127.0.0.2"), port});

  const auto moved = apply({.address = fmt::format("0.0.0.0:{}", port)});

  ASSERT_TRUE(moved.failure);
  EXPECT_EQ(moved.failure->code, Errc::conflict);
  EXPECT_EQ(get("/"), 200);
}

std::string fields(int count) {
  std::string text;
  for (int field = 0; field < count; ++field) text += fmt::format("x-{}: y\r\n", field);
  return text;
}

TEST_F(HostTest, takes_heads_as_large_as_the_limits_of_a_component_say) {
  ASSERT_TRUE(apply({.limits = "header_count: 300"}).summary);
  EXPECT_NE(ask("/", fields(290)).find("HTTP/1.1 200"), std::string::npos);
  EXPECT_NE(ask("/", fields(310)).find("this takes at most 300 header fields"), std::string::npos);
  EXPECT_NE(ask("/", fields(2000)).find("HTTP/1.1 431"), std::string::npos);

  ASSERT_TRUE(apply({.limits = "header_bytes: 300KiB"}).summary);
  const std::string large = "x: " + std::string(200'000, 'x') + "\r\n";
  EXPECT_NE(ask("/", large).find("HTTP/1.1 200"), std::string::npos);
  EXPECT_EQ(ask("/", fields(290)).find("HTTP/1.1 200"), std::string::npos);
}

TEST_F(HostTest, stops_accepting_when_it_drains) {
  ASSERT_TRUE(apply({}).summary);

  host_->drain();

  EXPECT_EQ(get("/"), 0);
}

}  // namespace
}  // namespace weft::host
