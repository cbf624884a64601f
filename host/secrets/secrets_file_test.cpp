#include "host/secrets/secrets_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "host/secrets/component_secrets.h"

namespace weft::secrets {
namespace {

namespace fs = std::filesystem;
using contracts::SecretKind;
using contracts::SecretView;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view k_hex =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

SecretBytes secret(std::string_view text) {
  SecretBytes made(text.size());
  if (!text.empty()) std::memcpy(made.bytes().data(), text.data(), text.size());
  return made;
}
SecretView text_view(std::string_view text) {
  return {SecretKind::text, std::as_bytes(std::span(text))};
}

class SecretsFileTest : public testing::Test {
 protected:
  SecretsFileTest() {
    std::string pattern = (fs::temp_directory_path() / "weft-secrets-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SecretsFileTest() override { fs::remove_all(folder_); }

  Result<SecretsFile> open(std::string_view key = k_hex) {
    return SecretsFile::open(path(), secret(key));
  }
  void put(const SecretName& name, std::string_view value, std::string_view key = k_hex) {
    auto file = open(key);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE(file->put(name, text_view(value)));
    const auto saved = file->save();
    ASSERT_TRUE(saved) << saved.error().message;
  }
  std::string value(const SecretName& name, std::string_view key = k_hex) {
    const auto file = open(key);
    if (!file) return file.error().message;
    const auto* found = file->find(name);
    return found == nullptr ? "none" : std::string(text_of(found->bytes));
  }
  std::string content() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(std::string_view bytes) const {
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << bytes;
  }
  fs::path path() const { return folder_ / "secrets"; }
  fs::path folder_;
};

TEST_F(SecretsFileTest, keeps_secrets_by_key_and_field) {
  put({"db", ""}, "one");
  put({"db", "password"}, "hunter2");
  put({"empty", ""}, "");

  EXPECT_EQ(value({"db", ""}), "one");
  EXPECT_EQ(value({"db", "password"}), "hunter2");
  EXPECT_EQ(value({"empty", ""}), "");
  EXPECT_EQ(value({"db", "user"}), "none");
  put({"db", ""}, "two");
  EXPECT_EQ(value({"db", ""}), "two");
  EXPECT_EQ(value({"db", "password"}), "hunter2");
}

TEST_F(SecretsFileTest, keeps_bytes_as_bytes) {
  const std::string bytes("\0\xff\n", 3);
  auto file = open();
  ASSERT_TRUE(file->put({"key", ""}, {SecretKind::bytes, std::as_bytes(std::span(bytes))}));
  ASSERT_TRUE(file->save());

  const auto again = open();

  EXPECT_EQ(again->find({"key", ""})->kind, SecretKind::bytes);
  EXPECT_EQ(text_of(again->find({"key", ""})->bytes), bytes);
}

TEST_F(SecretsFileTest, shows_neither_names_nor_values_and_is_its_owners) {
  put({"db-password", "field-name"}, "hunter2");

  EXPECT_THAT(content(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(content(), Not(HasSubstr("db-password")));
  EXPECT_THAT(content(), Not(HasSubstr("field-name")));
  struct stat found{};
  ASSERT_EQ(::stat(path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(SecretsFileTest, differs_in_every_byte_run_each_time_it_is_saved) {
  put({"a", ""}, "same");
  const auto first = content();

  put({"a", ""}, "same");

  EXPECT_NE(content().substr(57), first.substr(57));
}

TEST_F(SecretsFileTest, takes_a_pass_phrase_too) {
  put({"db", ""}, "hunter2", "correct horse");

  EXPECT_EQ(value({"db", ""}, "correct horse"), "hunter2");
  EXPECT_THAT(value({"db", ""}, "correct horsf"), HasSubstr("cannot be decrypted: the key"));
}

TEST_F(SecretsFileTest, refuses_another_key_and_says_nothing_of_it) {
  put({"db", ""}, "hunter2");
  std::string other(k_hex);
  other.back() = 'e';

  EXPECT_EQ(open(other).error().code, Errc::denied);
  EXPECT_EQ(open("a pass phrase").error().code, Errc::denied);
  EXPECT_THAT(open(other).error().message, Not(HasSubstr(other)));
}

TEST_F(SecretsFileTest, notices_every_changed_byte_and_every_lost_one) {
  put({"db", ""}, "hunter2");
  const auto whole = content();

  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    write(damaged);
    EXPECT_FALSE(open()) << "byte " << i;
    write(std::string_view(whole).substr(0, i));
    EXPECT_FALSE(open()) << "cut at " << i;
  }
  write(whole);
  EXPECT_EQ(value({"db", ""}), "hunter2");
}

TEST_F(SecretsFileTest, of_a_newer_weft_is_left_alone) {
  put({"db", ""}, "hunter2");
  auto newer = content();
  newer[7] = 2;
  write(newer);

  EXPECT_THAT(open().error().message, HasSubstr("upgrade weft"));
}

TEST_F(SecretsFileTest, removes_one_and_says_when_there_is_none) {
  put({"a", ""}, "1");
  put({"b", ""}, "2");
  auto file = open();

  ASSERT_TRUE(file->remove({"a", ""}));
  ASSERT_TRUE(file->save());

  EXPECT_EQ(value({"a", ""}), "none");
  EXPECT_EQ(value({"b", ""}), "2");
  EXPECT_EQ(file->remove({"a", ""}).error().code, Errc::not_found);
}

TEST_F(SecretsFileTest, refuses_names_that_are_none_and_more_than_it_can_hold) {
  auto file = open();

  EXPECT_EQ(file->put({"", ""}, text_view("x")).error().code, Errc::invalid);
  EXPECT_EQ(file->put({std::string(300, 'k'), ""}, text_view("x")).error().code, Errc::invalid);
  const std::string huge(17 << 20, 'x');
  EXPECT_EQ(file->put({"k", ""}, text_view(huge)).error().code, Errc::exhausted);
}

TEST_F(SecretsFileTest, gives_components_their_secrets_and_names_the_one_that_is_missing) {
  put({"db", "password"}, "hunter2");
  std::ofstream(folder_ / "key") << k_hex << "\n";
  SecretsReader reader(folder_);
  plan::SecretUse use{.name = "password",
                      .key = "db",
                      .field = "password",
                      .file = {},
                      .key_file = folder_ / "key",
                      .key_variable = {},
                      .at = {.file = "app.yaml", .line = 7, .column = 9}};

  const auto found = reader.read({&use, 1});
  reader.forget();
  use.field = "user";
  const auto missing = reader.read({&use, 1});

  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(text_of((*found)->find("password")->bytes), "hunter2");
  EXPECT_EQ((*found)->find("db"), nullptr) << "only the manifest's name counts";
  EXPECT_EQ(missing.error().message,
            "app.yaml:7:9: there is no secret db (field user); put it: weft secret put db --field "
            "user");
  EXPECT_EQ(*reader.read({}), nullptr);
}

}  // namespace
}  // namespace weft::secrets
