// One request of a guest to a server, from its check against the grant to its reply.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contracts/invocation.h"
#include "contracts/kept_request.h"
#include "net/http_client.h"
#include "providers/http_client/pool.h"

namespace weft::providers::http_client {

class HttpClientEndpoint;

// One thread. Owned by its endpoint; goes away with its reply or its cancel.
class HttpClientCall final : public contracts::Call,
                             public contracts::HttpCallee,
                             net::HttpClientHandler {
 public:
  HttpClientCall(HttpClientEndpoint& endpoint, const contracts::Invocation& invocation,
                 Target target, contracts::Replier& replier);
  HttpClientCall(const HttpClientCall&) = delete;
  HttpClientCall& operator=(const HttpClientCall&) = delete;

  void start();
  void cancel() noexcept override;
  // Answers it, which ends it.
  void fail(contracts::HttpCode code, Error error);
  const std::string& source() const { return source_; }

 private:
  // contracts::HttpCallee
  void push(std::string_view chunk, contracts::Body state,
            std::span<const contracts::Header> trailers) override;
  void credit(std::size_t bytes) override;
  // net::HttpClientHandler
  void on_head(std::uint16_t status, std::span<const net::HttpField> fields) override;
  void on_body(std::string_view chunk) override;
  void on_end(std::span<const net::HttpField> trailers) override;
  void on_want(std::size_t limit) override;
  void on_failed(const net::HttpClientFault& fault) override;

  void dial();
  void send(std::unique_ptr<Line> line);
  void dial_failed(const PoolFault& fault);
  bool may_repeat() const;

  HttpClientEndpoint& endpoint_;
  const Target target_;
  const contracts::KeptRequest kept_;
  const std::string source_;
  const std::string traceparent_;
  const MonotonicTime deadline_;
  contracts::HttpCaller* const caller_;
  contracts::Replier& replier_;
  std::unique_ptr<Wish> wish_;
  std::unique_ptr<Line> line_;
  std::size_t credit_;
  std::size_t given_ = 0;  // of the first piece of the body, that came with the request
  bool head_ = false;
};

}  // namespace weft::providers::http_client
