#include "contracts/kept_request.h"

#include <cstddef>
#include <string_view>

namespace weft::contracts {

KeptRequest::KeptRequest(const HttpRequest& request) : request_(request) {
  std::size_t size = request.method.size() + request.scheme.size() + request.authority.size() +
                     request.target.size() + request.body.size();
  for (const auto& header : request.headers) size += header.name.size() + header.value.size();
  bytes_.reserve(size);  // so that the views stay valid while the rest is appended
  const auto keep = [this](std::string_view& text) {
    const std::size_t at = bytes_.size();
    bytes_ += text;
    text = std::string_view(bytes_).substr(at);
  };
  keep(request_.method);
  keep(request_.scheme);
  keep(request_.authority);
  keep(request_.target);
  keep(request_.body);
  headers_.assign(request.headers.begin(), request.headers.end());
  for (auto& header : headers_) {
    keep(header.name);
    keep(header.value);
  }
  request_.headers = headers_;
}

}  // namespace weft::contracts
