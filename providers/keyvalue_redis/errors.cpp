#include "providers/keyvalue_redis/errors.h"

#include <fmt/format.h>

#include <array>

namespace weft::providers::keyvalue_redis {
namespace {

struct Meaning {
  std::string_view word;  // the first of the error
  Errc code;
  std::string_view hint;  // empty: the error says enough
};

constexpr std::array k_meanings{
    Meaning{"WRONGTYPE", Errc::invalid, "the key holds a list, hash or the like"},
    Meaning{"OOM", Errc::exhausted, "the server's `maxmemory` is used up"},
    Meaning{"NOPERM", Errc::denied, ""},
    Meaning{"READONLY", Errc::unavailable,
            "this server is a replica: let `url` name the primary server, or its sentinels"},
    Meaning{"MOVED", Errc::unavailable,
            "this server is part of a Redis Cluster: write `url: cluster://HOST:PORT`"},
    Meaning{"ASK", Errc::unavailable,
            "this server is part of a Redis Cluster: write `url: cluster://HOST:PORT`"},
    Meaning{"CROSSSLOT", Errc::unavailable,
            "this server is part of a Redis Cluster: write `url: cluster://HOST:PORT`"},
    Meaning{"NOAUTH", Errc::unavailable, "give `url` a password: redis://:PASSWORD@HOST"},
    Meaning{"LOADING", Errc::unavailable, ""},
    Meaning{"BUSY", Errc::unavailable, ""},
    Meaning{"CLUSTERDOWN", Errc::unavailable, ""},
    Meaning{"MASTERDOWN", Errc::unavailable, ""},
    Meaning{"TRYAGAIN", Errc::unavailable, ""},
    Meaning{"MISCONF", Errc::unavailable, ""},
    Meaning{"NOREPLICAS", Errc::unavailable, ""}};

}  // namespace

Error redis_error(std::string_view text, std::string_view where) {
  const auto word = text.substr(0, text.find(' '));
  for (const auto& meaning : k_meanings) {
    if (meaning.word != word) continue;
    return {meaning.code, meaning.hint.empty()
                              ? fmt::format("{}: {}", where, text)
                              : fmt::format("{}: {} ({})", where, text, meaning.hint)};
  }
  return {Errc::invalid, fmt::format("{}: {}", where, text)};
}

Error unexpected_reply(std::string_view where) {
  return {Errc::internal, fmt::format("{}: the server answered what it should not", where)};
}

}  // namespace weft::providers::keyvalue_redis
