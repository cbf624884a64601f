#include "ingress/http/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <optional>

#include "net/http_syntax.h"

#include "ingress/http/escape.h"

namespace weft::ingress {
namespace {

enum class Form { text, json };

// How much one entry of Accept is wanted, in thousandths.
int quality(std::string_view parameters) {
  const auto q = parameters.find("q=");
  if (q == parameters.npos) return 1000;
  double value = 1;
  const auto text = parameters.substr(q + 2);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return static_cast<int>(std::clamp(value, 0.0, 1.0) * 1000);
}

// JSON only for a client that names it and likes nothing we also have better.
Form preferred(std::string_view accept) {
  std::optional<int> json, text;
  while (!accept.empty()) {
    const auto comma = std::min(accept.find(','), accept.size());
    auto entry = accept.substr(0, comma);
    accept.remove_prefix(std::min(comma + 1, accept.size()));
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    const auto semicolon = std::min(entry.find(';'), entry.size());
    auto type = entry.substr(0, semicolon);
    while (type.ends_with(' ')) type.remove_suffix(1);
    const int q = quality(entry.substr(semicolon));
    if (net::same_word(type, "application/json") ||
        net::same_word(type, "application/problem+json")) {
      json = std::max(json.value_or(0), q);
    } else if (type.starts_with("text/")) {
      text = std::max(text.value_or(0), q);
    }
  }
  return json.value_or(0) > text.value_or(0) ? Form::json : Form::text;
}

}  // namespace

std::uint16_t status_of(Errc code) {
  switch (code) {
    case Errc::not_found:
    case Errc::invalid:
    case Errc::denied:
    case Errc::conflict:
      return 502;
    case Errc::unavailable:
    case Errc::cancelled:
      return 503;
    case Errc::timed_out:
      return 504;
    case Errc::exhausted:
    case Errc::trapped:
    case Errc::internal:
      return 500;
  }
  return 500;
}

std::string_view sentence_of(Errc code) {
  switch (code) {
    case Errc::not_found:
    case Errc::invalid:
    case Errc::denied:
    case Errc::conflict:
      return "the component gave no valid answer; the log of the host has the details under these "
             "ids";
    case Errc::unavailable:
      return "the component cannot take the request now; try again in a moment";
    case Errc::cancelled:
      return "the component is being stopped or replaced; try again in a moment";
    case Errc::timed_out:
      return "the component did not answer in time";
    case Errc::exhausted:
    case Errc::trapped:
    case Errc::internal:
      return "the component failed; the log of the host has the details under these ids";
  }
  return "the request failed";
}

Answer make_answer(std::uint16_t status, std::string_view sentence,
                   const contracts::Context& context, std::string_view accept) {
  const auto request = contracts::text(context.request);
  const auto trace = context.trace.trace_text();
  if (preferred(accept) == Form::json) {
    return {status, "application/json",
            fmt::format(R"({{"status":{},"error":"{}","request":"{}","trace":"{}"}})"
                        "\n",
                        status, escaped(sentence), request, trace)};
  }
  return {status, "text/plain; charset=utf-8",
          fmt::format("{} {}: {}\nrequest {}\ntrace {}\n", status, net::reason(status), sentence,
                      request, trace)};
}

}  // namespace weft::ingress
