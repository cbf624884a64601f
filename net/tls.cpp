#include "net/tls.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <utility>
#include <vector>

namespace weft::net {
namespace {

namespace ssl = boost::asio::ssl;

// Where distributions keep the certificates that they trust.
constexpr std::array k_bundles = {"/etc/ssl/certs/ca-certificates.crt",  // Debian, Arch, Alpine
                                  "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora, RHEL
                                  "/etc/ssl/ca-bundle.pem",              // SUSE
                                  "/etc/ssl/certs/ca-bundle.crt",        // NixOS
                                  "/etc/ssl/cert.pem"};

constexpr std::array<unsigned char, 9> k_alpn = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

Result<Roots> system_roots() {
  std::vector<std::string> files(k_bundles.begin(), k_bundles.end());
  // As every program that uses OpenSSL has it.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this process changes the environment
  if (const char* named = std::getenv("SSL_CERT_FILE")) files.assign(1, named);
  return read_roots(files);
}

// Parsed once for the process, which is dear, and counted by OpenSSL, which locks inside: the mutex
// is for those who come first at the same time. A failure is not kept.
Result<> trust_system(ssl::context& context) {
  static std::mutex mutex;
  static Roots roots;
  const std::lock_guard lock(mutex);
  if (!roots) {
    TRY(roots, system_roots());
  }
  SSL_CTX_set1_cert_store(context.native_handle(), roots.get());
  return {};
}

Result<> trust_file(ssl::context& context, const std::string& file) {
  if (!std::filesystem::exists(file))
    return fail(Errc::invalid, fmt::format("there is no file {}", file));
  boost::system::error_code error;
  context.load_verify_file(file, error);
  if (!error) return {};
  return fail(Errc::invalid,
              fmt::format("{} holds no certificates in PEM: {}", file, error.message()));
}

Result<> trust_text(ssl::context& context, const std::string& pem) {
  boost::system::error_code error;
  context.add_certificate_authority(boost::asio::buffer(pem), error);
  if (!error) return {};
  return fail(Errc::invalid,
              fmt::format("the certificates are not written in PEM: {}", error.message()));
}

Result<> trust(ssl::context& context, const TlsSettings& settings) {
  if (!settings.ca_pem.empty()) return trust_text(context, settings.ca_pem);
  return settings.ca_file.empty() ? trust_system(context) : trust_file(context, settings.ca_file);
}

}  // namespace

TlsClient::TlsClient(std::unique_ptr<ssl::context> context) : context_(std::move(context)) {}
TlsClient::~TlsClient() = default;

Result<std::shared_ptr<const TlsClient>> TlsClient::make(const TlsSettings& settings) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  if (settings.alpn == Alpn::http1)
    SSL_CTX_set_alpn_protos(context->native_handle(), k_alpn.data(), k_alpn.size());
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, nullptr);
  TRY_OK(trust(*context, settings));
  return std::shared_ptr<const TlsClient>(new TlsClient(std::move(context)));
}

bool expect_host(SSL* ssl, const std::string& host) {
  boost::system::error_code not_an_address;
  (void)boost::asio::ip::make_address(host, not_an_address);
  if (!not_an_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  // Only names of the certificate's list count (RFC 9110, 4.3.4).
  SSL_set_hostflags(ssl,
                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

void FreeRoots::operator()(X509_STORE* store) const { X509_STORE_free(store); }

Result<Roots> read_roots(std::span<const std::string> files) {
  for (const auto& file : files) {
    Roots roots(X509_STORE_new());
    if (X509_STORE_load_file(roots.get(), file.c_str()) == 1) return roots;
  }
  return fail(Errc::unavailable,
              "this system has no certificates to trust: install ca-certificates, or name a file "
              "of your own");
}

}  // namespace weft::net
