// A copy of an HTTP request whose views would not outlive the invoke() that brought it.
#pragma once
#include <string>
#include <vector>

#include "contracts/http.h"

namespace weft::contracts {

class KeptRequest {
 public:
  explicit KeptRequest(const HttpRequest& request);
  KeptRequest(const KeptRequest&) = delete;
  KeptRequest& operator=(const KeptRequest&) = delete;
  const HttpRequest& request() const { return request_; }

 private:
  std::string bytes_;  // what the views of request_ and headers_ point into
  std::vector<Header> headers_;
  HttpRequest request_;
};

}  // namespace weft::contracts
