#include "cli/parse.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace weft::cli {
namespace {

std::variant<Options, Said> parse_words(std::initializer_list<const char*> words) {
  const std::vector<const char*> list(words);
  return parse(list);
}

template <class T>
T command(std::initializer_list<const char*> words) {
  return std::get<T>(std::get<Options>(parse_words(words)).command);
}

Said said(std::initializer_list<const char*> words) { return std::get<Said>(parse_words(words)); }

TEST(CommandLine, takes_manifests_and_where_to_serve) {
  const auto up =
      command<Up>({"up", "a.yaml", "b.yaml", "--admin", "127.0.0.1:9", "--threads", "3"});

  EXPECT_EQ(up.manifests, (std::vector<std::filesystem::path>{"a.yaml", "b.yaml"}));
  EXPECT_EQ(up.serving.admin, "127.0.0.1:9");
  EXPECT_EQ(up.serving.threads, 3u);
}

TEST(CommandLine, looks_for_app_yaml_when_no_manifest_is_named) {
  EXPECT_EQ(command<Up>({"up"}).manifests.front(), "app.yaml");
  EXPECT_EQ(command<Check>({"check"}).manifests.front(), "app.yaml");
}

TEST(CommandLine, leaves_what_follows_two_dashes_to_the_component) {
  const auto run = command<cli::Run>({"run", "tool.wasm", "--env", "A=B", "--", "--verbose", "x"});

  EXPECT_EQ(run.file, "tool.wasm");
  EXPECT_EQ(run.environment, std::vector<std::string>{"A=B"});
  EXPECT_EQ(run.arguments, (std::vector<std::string>{"--verbose", "x"}));
}

TEST(CommandLine, takes_global_options_behind_the_command) {
  const auto options = std::get<Options>(
      parse_words({"inspect", "x.wasm", "--output", "json", "--log-level", "warn"}));

  EXPECT_EQ(options.global.output, Output::json);
  EXPECT_EQ(options.global.log_level, LogLevel::warn);
}

TEST(CommandLine, suggests_the_command_that_was_meant_behind_an_option_with_a_value) {
  const auto answer = said({"--state-dir", "/tmp/s", "upp"});

  EXPECT_NE(answer.text.find("there is no command 'upp'"), std::string::npos) << answer.text;
  EXPECT_NE(answer.text.find("Did you mean 'up'?"), std::string::npos) << answer.text;
}

TEST(CommandLine, suggests_the_command_that_was_meant) {
  const auto answer = said({"inspekt", "x.wasm"});

  EXPECT_EQ(answer.exit, Exit::usage);
  EXPECT_NE(answer.text.find("there is no command 'inspekt'"), std::string::npos) << answer.text;
  EXPECT_NE(answer.text.find("Did you mean 'inspect'?"), std::string::npos) << answer.text;
}

TEST(CommandLine, suggests_the_option_that_was_meant) {
  const auto answer = said({"up", "a.yaml", "--admn", "x"});

  EXPECT_EQ(answer.exit, Exit::usage);
  EXPECT_NE(answer.text.find("Did you mean '--admin'?"), std::string::npos) << answer.text;
  EXPECT_NE(answer.text.find("weft up --help"), std::string::npos) << answer.text;
}

TEST(CommandLine, knows_the_commands_below_config) {
  const auto put = command<ConfigOptions>({"config", "put", "shop", "A=B", "C=D", "--file", "x.env",
                                           "--env", "HOME", "--output", "json"});

  EXPECT_EQ(put.action, StoreAction::put);
  EXPECT_EQ(put.name, "shop");
  EXPECT_EQ(put.pairs, (std::vector<std::string>{"A=B", "C=D"}));
  EXPECT_EQ(put.files, std::vector<std::string>{"x.env"});
  EXPECT_EQ(put.variables, std::vector<std::string>{"HOME"});
  EXPECT_EQ(command<ConfigOptions>({"config", "delete", "shop"}).action, StoreAction::remove);
}

TEST(CommandLine, names_the_commands_below_config_when_none_of_them_is_given) {
  const auto none = said({"config"});
  const auto wrong = said({"config", "putt", "shop"});

  EXPECT_EQ(none.exit, Exit::usage);
  EXPECT_NE(none.text.find("weft config needs a command: put, get, list, delete"),
            std::string::npos)
      << none.text;
  EXPECT_NE(wrong.text.find("there is no command 'putt' of weft config"), std::string::npos)
      << wrong.text;
  EXPECT_NE(wrong.text.find("Did you mean 'put'?"), std::string::npos) << wrong.text;
  EXPECT_NE(wrong.text.find("Try 'weft config --help'"), std::string::npos) << wrong.text;
}

TEST(CommandLine, shows_examples_in_every_help) {
  for (const auto* name : {"up", "run", "check", "inspect", "completion"}) {
    const auto help = said({name, "--help"});
    EXPECT_EQ(help.exit, Exit::ok);
    EXPECT_NE(help.text.find("Example"), std::string::npos) << name;
  }
  EXPECT_NE(said({"--help"}).text.find("Exit codes"), std::string::npos);
}

TEST(CommandLine, completes_every_command_and_flag_in_three_shells) {
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(shell);
    EXPECT_EQ(script.exit, Exit::ok);
    for (const auto* word : {"inspect", "up", "admin", "state-dir"}) {
      EXPECT_NE(script.text.find(word), std::string::npos) << shell << " " << word;
    }
  }
  EXPECT_EQ(completion_script("tcsh").exit, Exit::usage);
}

// Each wrong value is refused by the command line, and the flag is named.
TEST(CommandLine, names_the_flag_whose_value_is_wrong) {
  const std::vector<std::vector<const char*>> wrong = {
      {"up", "--admin", "9090"},
      {"run", "a.wasm", "--address", "nonsense"},
      {"run", "a.wasm", "--limit", "memory"},
      {"run", "a.wasm", "--limit", "memory=big"},
      {"run", "a.wasm", "--env", "FOO"},
      {"run", "a.wasm", "--dir", "nosuch"},
      {"run", "a.wasm", "--dir", "no/such/folder::/x"}};
  for (const auto& words : wrong) {
    const auto answer = parse(words);
    ASSERT_TRUE(std::holds_alternative<Said>(answer)) << words.back();
    const auto& said = std::get<Said>(answer);
    EXPECT_EQ(said.exit, Exit::usage) << said.text;
    EXPECT_NE(said.text.find(words[words.size() - 2]), std::string::npos) << said.text;
  }
}

TEST(CommandLine, suggests_the_limit_that_was_meant) {
  const auto answer = said({"run", "a.wasm", "--limit", "memroy=1"});

  EXPECT_EQ(answer.exit, Exit::usage);
  EXPECT_NE(answer.text.find("--limit"), std::string::npos) << answer.text;
  EXPECT_NE(answer.text.find("Did you mean 'memory'?"), std::string::npos) << answer.text;
}

TEST(CommandLine, says_that_a_command_is_required) {
  EXPECT_TRUE(said({}).text.starts_with("weft: a command is required\n")) << said({}).text;
}

TEST(CommandLine, shows_usage_global_options_and_exit_codes_in_the_help_of_commands) {
  for (const std::string name : {"up", "run", "check", "inspect", "providers"}) {
    const auto text = said({name.c_str(), "--help"}).text;
    EXPECT_NE(text.find("weft " + name), std::string::npos) << text;
    EXPECT_NE(text.find("--log-level"), std::string::npos) << text;
    if (name == "up" || name == "run" || name == "check") {
      EXPECT_NE(text.find("Exit codes: 0"), std::string::npos) << text;
    }
  }
}

TEST(CommandLine, has_examples_of_its_own_behind_each_command) {
  for (const auto* word : {"start", "stop", "providers", "version"}) {
    const auto help = said({word, "--help"}).text;
    EXPECT_NE(help.find(std::string("Examples:\n  weft ") + word), std::string::npos) << help;
    EXPECT_EQ(help.find("weft run hello.wasm"), std::string::npos) << help;
  }
}

}  // namespace
}  // namespace weft::cli
