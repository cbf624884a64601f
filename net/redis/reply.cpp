#include "net/redis/reply.h"

#include <fmt/format.h>
#include <hiredis/read.h>

#include <new>
#include <utility>

#include "net/redis/reply_rest.h"

namespace weft::net::redis {
namespace {

// What is kept between two replies at most.
constexpr std::size_t k_kept_text_bytes = std::size_t{256} << 10;
constexpr std::size_t k_kept_nodes = 4096;
// The byte that begins a value of each of hiredis' types.
constexpr std::string_view k_type_bytes = " $*:_+-,#%~|>(=";

Kind kind_of(int type) {
  switch (type) {
    case REDIS_REPLY_STATUS:
      return Kind::status;
    case REDIS_REPLY_ERROR:
      return Kind::error;
    case REDIS_REPLY_PUSH:
      return Kind::push;
    case REDIS_REPLY_ARRAY:
    case REDIS_REPLY_MAP:
    case REDIS_REPLY_SET:
    case REDIS_REPLY_ATTR:
      return Kind::list;
    default:
      return Kind::text;
  }
}

}  // namespace

struct ReplyReader::Parser {
  explicit Parser(std::size_t bytes) : most(bytes) { open(); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() { ::redisReaderFree(reader); }

  void open() {
    reader = ::redisReaderCreateWithFunctions(&functions);
    if (reader == nullptr) throw std::bad_alloc();
    reader->privdata = this;
    reader->maxbuf = k_kept_text_bytes;
  }
  void begin() {
    nodes.clear();
    text.clear();
    if (nodes.capacity() > k_kept_nodes) nodes.shrink_to_fit();
    if (text.capacity() > k_kept_text_bytes) text.shrink_to_fit();
  }
  Result<> take(std::span<const char> bytes) {
    if (bytes.empty()) return {};
    if (::redisReaderFeed(reader, bytes.data(), bytes.size()) != REDIS_OK)
      return std::unexpected(error());
    return {};
  }
  std::size_t held() const {
    return reader->len - reader->pos + text.size() + nodes.size() * sizeof(Node);
  }
  // Nothing of this reply is kept any more: what hiredis has not read of it yet, and what comes, is
  // passed over.
  Result<> give_up() {
    std::uint64_t values = 1;
    for (int i = 1; i <= reader->ridx; ++i)
      values +=
          static_cast<std::uint64_t>(reader->task[i - 1]->elements - reader->task[i]->idx - 1);
    const int type = reader->task[reader->ridx]->type;
    rest_of = reader->task[0]->type == REDIS_REPLY_PUSH ? Kind::push : Kind::too_large;
    rest.emplace(values, type < 0 ? '\0' : k_type_bytes[static_cast<std::size_t>(type)]);
    const std::string unread(reader->buf + reader->pos, reader->len - reader->pos);
    ::redisReaderFree(std::exchange(reader, nullptr));
    open();
    begin();
    return pass(unread);
  }
  Result<> pass(std::span<const char> bytes) {
    if (!rest) return take(bytes);
    TRY(const auto passed, rest->pass(bytes));
    return take(bytes.subspan(passed));
  }
  // What stands for a reply that was passed over.
  Reply passed() {
    rest.reset();
    begin();
    text = fmt::format("a reply has more than {} bytes, the most that is taken", most);
    nodes.push_back({.kind = rest_of, .size = text.size()});
    whole = true;
    return {nodes, text};
  }
  Error error() const { return {Errc::invalid, std::string(reader->errstr)}; }

  // hiredis asks for an object for every value, in the order in which they lie in the bytes; any
  // pointer but null will do.
  static void* add(const redisReadTask* task, Node node, std::string_view text) {
    auto& self = *static_cast<Parser*>(task->privdata);
    node.begin = self.text.size();
    node.size = text.size();
    self.text.append(text);
    self.nodes.push_back(node);
    return &self;
  }
  static void* on_text(const redisReadTask* task, char* bytes, std::size_t size) {
    // A verbatim string says in four bytes what form it has.
    if (task->type == REDIS_REPLY_VERB && size >= 4) bytes += 4, size -= 4;
    return add(task, {.kind = kind_of(task->type)}, {bytes, size});
  }
  static void* on_list(const redisReadTask* task, std::size_t size) {
    return add(task, {.kind = kind_of(task->type), .number = static_cast<std::int64_t>(size)}, {});
  }
  static void* on_integer(const redisReadTask* task, long long value) {
    return add(task, {.kind = Kind::integer, .number = value}, {});
  }
  static void* on_real(const redisReadTask* task, double, char* bytes, std::size_t size) {
    return add(task, {.kind = Kind::real}, {bytes, size});
  }
  static void* on_nothing(const redisReadTask* task) { return add(task, {}, {}); }
  static void* on_boolean(const redisReadTask* task, int value) {
    return add(task, {.kind = Kind::boolean, .number = value}, {});
  }
  static void on_free(void*) {}

  static redisReplyObjectFunctions functions;

  const std::size_t most;
  redisReader* reader = nullptr;
  std::vector<Node> nodes;
  std::string text;
  bool whole = true;              // what lies there has been handed out, or is nothing
  std::optional<ReplyRest> rest;  // of a reply that is too large
  Kind rest_of = Kind::too_large;
};

redisReplyObjectFunctions ReplyReader::Parser::functions = {
    .createString = on_text,
    .createArray = on_list,
    .createInteger = on_integer,
    .createDouble = on_real,
    .createNil = on_nothing,
    .createBool = on_boolean,
    .freeObject = on_free,
};

Reply Reply::at(std::size_t index) const {
  Reply one = first();
  for (; index > 0; --index) one = one.next();
  return one;
}

Reply Reply::next() const {
  std::size_t at = 0;
  std::int64_t left = 1;
  do {
    const Node& node = nodes_[at++];
    if (node.kind == Kind::list || node.kind == Kind::push) left += node.number;
  } while (--left > 0);
  return {nodes_.subspan(at), text_};
}

ReplyReader::ReplyReader(std::size_t most_bytes) : parser_(std::make_unique<Parser>(most_bytes)) {}
ReplyReader::ReplyReader(ReplyReader&&) noexcept = default;
ReplyReader& ReplyReader::operator=(ReplyReader&&) noexcept = default;
ReplyReader::~ReplyReader() = default;

Result<> ReplyReader::feed(std::span<const char> bytes) {
  auto& parser = *parser_;
  return parser.pass(bytes);
}

Result<std::optional<Reply>> ReplyReader::next() {
  auto& parser = *parser_;
  if (parser.rest) return parser.rest->over() ? std::optional(parser.passed()) : std::nullopt;
  if (std::exchange(parser.whole, false)) parser.begin();
  void* found = nullptr;
  if (::redisReaderGetReply(parser.reader, &found) != REDIS_OK)
    return std::unexpected(parser.error());
  if (found != nullptr) {
    parser.whole = true;
    return Reply(parser.nodes, parser.text);
  }
  if (parser.held() > parser.most) TRY_OK(parser.give_up());
  return std::optional<Reply>();
}

}  // namespace weft::net::redis
