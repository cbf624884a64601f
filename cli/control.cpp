#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <string>

#include "cli/commands.h"
#include "cli/control_text.h"
#include "cli/given_values.h"
#include "host/control/messages.h"
#include "host/control/socket.h"

namespace weft::cli {
namespace {

constexpr std::string_view k_lattice = "default";
// A component may have to be compiled, and calls in flight to end.
constexpr std::chrono::minutes k_patience{2};

struct Question {
  std::string subject;
  std::string payload;
};

// Turns an edit into its message. `host`: id of the host that is asked.
struct Write {
  std::string_view host;
  Question operator()(const control::PutLink& edit) const {
    return {control::subject(k_lattice, "link", "put"), control::json_text(edit)};
  }
  Question operator()(const control::DeleteLink& edit) const {
    return {control::subject(k_lattice, "link", "del"), control::json_text(edit)};
  }
  Question operator()(const control::InsertLink& edit) const {
    return {control::subject(k_lattice, "link", "insert"), control::json_text(edit)};
  }
  Question operator()(const control::BypassLink& edit) const {
    return {control::subject(k_lattice, "link", "bypass"), control::json_text(edit)};
  }
  Question operator()(const control::Scale& edit) const {
    return {control::subject(k_lattice, "component", "scale", host),
            control::json_text(edit, host)};
  }
  Question operator()(const control::Update& edit) const {
    return {control::subject(k_lattice, "component", "update", host),
            control::json_text(edit, host)};
  }
  Question operator()(const control::StartProvider& edit) const {
    return {control::subject(k_lattice, "provider", "start", host), control::json_text(edit, host)};
  }
  Question operator()(const control::StopProvider& edit) const {
    return {control::subject(k_lattice, "provider", "stop", host), control::json_text(edit, host)};
  }
};

// Completes the values that an edit carries.
struct ReadValues {
  Surroundings& around;
  Result<> operator()(control::PutLink& edit) const {
    warn("target-value", edit.target_config.values);
    warn("source-value", edit.source_config.values);
    TRY_OK(read_values(edit.target_config.values, value_sources()));
    return read_values(edit.source_config.values, value_sources());
  }
  Result<> operator()(control::StartProvider& edit) const {
    warn("value", edit.config.values);
    return read_values(edit.config.values, value_sources());
  }
  Result<> operator()(control::InsertLink& edit) const {
    warn("value", edit.config.values);
    warn("beside-value", edit.beside_config.values);
    TRY_OK(read_values(edit.config.values, value_sources()));
    return read_values(edit.beside_config.values, value_sources());
  }
  Result<> operator()(const auto&) const { return {}; }

 private:
  void warn(std::string_view flag, const contracts::Settings& values) const {
    for (const auto& [key, value] : values) {
      if (!shows_password(key, value)) continue;
      around.err(fmt::format(
          "weft: warning: everybody on this machine can read the value of '{}' on the command line "
          "(ps). Give it in a file, --{} {}=@FILE, or on standard input, --{} {}=-\n",
          key, flag, key, flag, key));
    }
  }
};

// What the host answered, whether it did it or refused.
struct Answer {
  std::string text;  // as it came
  control::Reply reply;
};

// invalid: it is no answer.
Result<Answer> ask(const std::filesystem::path& state, const Question& question) {
  TRY(auto text, control::ask(state, question.subject, question.payload, k_patience));
  TRY(auto reply, control::parse_reply(text));
  return Answer{std::move(text), std::move(reply)};
}

Result<std::string> host_id(const std::filesystem::path& state) {
  TRY(const auto answer, ask(state, {control::subject(k_lattice, "host", "ping"), ""}));
  if (!answer.reply.success) return fail(Errc::invalid, answer.reply.message);
  return host_id_of(answer.reply.response);
}

// `make`: the question, given the id of the host.
Result<Answer> ask_host(const Global& global,
                        const std::function<Question(const std::string&)>& make) {
  TRY(const auto state, state_dir(global));
  TRY(const auto id, host_id(state));
  return ask(state, make(id));
}

// `text`: an answer for people.
Exit say(const Result<Answer>& answer, const Global& global, Surroundings& around,
         const std::function<Result<std::string>(const control::Reply&)>& text) {
  if (!answer) return say_error(answer.error(), global, around);
  if (global.output == Output::json) around.out(answer->text + "\n");
  if (!answer->reply.success)
    return say_error({Errc::invalid, answer->reply.message}, global, around);
  if (global.output == Output::json) return Exit::ok;
  const auto said = text(answer->reply);
  if (!said) return say_error(said.error(), global, around);
  around.out(*said);
  return Exit::ok;
}

Result<std::string> message_of(const control::Reply& reply) { return reply.message + "\n"; }

}  // namespace

Exit run_control(const Global& global, const ControlEdit& options, Surroundings& around) {
  auto edit = options.edit;
  if (const auto read = std::visit(ReadValues{around}, edit); !read)
    return say_error(read.error(), global, around);
  const auto question = [&](const std::string& id) { return std::visit(Write{id}, edit); };
  return say(ask_host(global, question), global, around, message_of);
}

Exit run_control(const Global& global, ControlAction options, Surroundings& around) {
  const auto question = [&](const std::string& id) {
    return options == ControlAction::reload
               ? Question{control::subject(k_lattice, "manifests", "reload", id), ""}
               : Question{control::subject(k_lattice, "host", "stop", id), ""};
  };
  return say(ask_host(global, question), global, around, message_of);
}

Exit run_control(const Global& global, const ControlLabel& options, Surroundings& around) {
  const auto question = [&](const std::string& id) {
    return Question{control::subject(k_lattice, "label", options.value ? "put" : "del", id),
                    control::json_text(control::Label{options.key, options.value})};
  };
  return say(ask_host(global, question), global, around, message_of);
}

Exit run_control(const Global& global, ControlQuery options, Surroundings& around) {
  const auto question = [&](const std::string& id) {
    return options == ControlQuery::links
               ? Question{control::subject(k_lattice, "link", "get"), ""}
               : Question{control::subject(k_lattice, "host", "get", id), ""};
  };
  return say(ask_host(global, question), global, around, [&](const control::Reply& reply) {
    return options == ControlQuery::links ? links_text(reply.response)
                                          : inventory_text(reply.response);
  });
}

}  // namespace weft::cli
