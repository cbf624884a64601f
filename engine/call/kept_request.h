// A copy of an HTTP request whose views would not outlive the invoke() that brought it.
#pragma once
#include <string>
#include <vector>

#include "contracts/http.h"

namespace weft::engine {

class KeptRequest {
 public:
  explicit KeptRequest(const contracts::HttpRequest& request);
  KeptRequest(const KeptRequest&) = delete;
  KeptRequest& operator=(const KeptRequest&) = delete;
  const contracts::HttpRequest& request() const { return request_; }

 private:
  std::string bytes_;  // what the views of request_ and headers_ point into
  std::vector<contracts::Header> headers_;
  contracts::HttpRequest request_;
};

}  // namespace weft::engine
