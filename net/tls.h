// TLS as a client speaks it: whom it trusts.
#pragma once
#include <memory>
#include <string>

#include "base/result.h"

namespace boost::asio::ssl {
class context;
}

namespace weft::net {

struct TlsSettings {
  std::string ca_file;  // PEM: certificates that are trusted instead of the system's; empty: those
};

// Immutable once made, any thread: TLS 1.2 and 1.3, certificates checked, ALPN http/1.1.
class TlsClient final {
 public:
  // not_found, invalid: the file of certificates; unavailable: the system has none.
  static Result<std::shared_ptr<const TlsClient>> make(const TlsSettings& settings);
  ~TlsClient();
  boost::asio::ssl::context& context() const { return *context_; }

 private:
  explicit TlsClient(std::unique_ptr<boost::asio::ssl::context> context);
  // OpenSSL counts and locks inside.
  std::unique_ptr<boost::asio::ssl::context> context_;
};

}  // namespace weft::net
