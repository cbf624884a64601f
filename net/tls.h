// TLS as a client speaks it: whom it trusts, and what a server must show.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

struct ssl_st;
struct x509_store_st;

namespace boost::asio::ssl {
class context;
}

namespace weft::net {

// What a client offers to speak once TLS stands.
enum class Alpn { http1, none };

struct TlsSettings {
  std::string ca_file;  // PEM: certificates that are trusted instead of the system's; empty: those
  std::string ca_pem = {};  // the same as text, where there is no file
  Alpn alpn = Alpn::http1;
};

// Immutable once made, any thread: TLS 1.2 and 1.3, certificates checked.
class TlsClient final {
 public:
  // Reads the system's certificates at the first call that needs them, for the whole process:
  // several ms, not for a thread that serves. invalid: the certificates of `settings`; unavailable:
  // the system has none, with what to install.
  static Result<std::shared_ptr<const TlsClient>> make(const TlsSettings& settings);
  ~TlsClient();
  boost::asio::ssl::context& context() const { return *context_; }

 private:
  explicit TlsClient(std::unique_ptr<boost::asio::ssl::context> context);
  // OpenSSL counts and locks inside.
  std::unique_ptr<boost::asio::ssl::context> context_;
};

// Before a handshake: what the certificate must be for, a name or an address without brackets, and
// which of its certificates a server is asked for. False: it can be neither.
bool expect_host(ssl_st* ssl, const std::string& host);

struct FreeRoots {
  void operator()(x509_store_st* store) const;
};
using Roots = std::unique_ptr<x509_store_st, FreeRoots>;
// The certificates in the first of these files that is there and has some. unavailable: none has.
Result<Roots> read_roots(std::span<const std::string> files);

}  // namespace weft::net
