#include "net/tls.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <utility>

namespace weft::net {
namespace {

namespace ssl = boost::asio::ssl;

// Where distributions keep the certificates that they trust.
constexpr std::array k_bundles = {"/etc/ssl/certs/ca-certificates.crt",  // Debian, Arch, Alpine
                                  "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora, RHEL
                                  "/etc/ssl/ca-bundle.pem",              // SUSE
                                  "/etc/ssl/cert.pem"};

constexpr std::array<unsigned char, 9> k_alpn = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

Result<> trust_system(ssl::context& context) {
  for (const auto* bundle : k_bundles) {
    boost::system::error_code error;
    if (!std::filesystem::exists(bundle)) continue;
    context.load_verify_file(bundle, error);
    if (!error) return {};
  }
  boost::system::error_code error;
  context.set_default_verify_paths(error);
  if (!error) return {};
  return fail(Errc::unavailable,
              "the system's certificates cannot be read; install ca-certificates, or name a file "
              "in ca_file");
}

Result<> trust(ssl::context& context, const std::string& file) {
  if (!std::filesystem::exists(file))
    return fail(Errc::not_found, fmt::format("ca_file: there is no file {}", file));
  boost::system::error_code error;
  context.load_verify_file(file, error);
  if (!error) return {};
  return fail(Errc::invalid,
              fmt::format("ca_file: {} holds no certificates in PEM: {}", file, error.message()));
}

}  // namespace

TlsClient::TlsClient(std::unique_ptr<ssl::context> context) : context_(std::move(context)) {}
TlsClient::~TlsClient() = default;

Result<std::shared_ptr<const TlsClient>> TlsClient::make(const TlsSettings& settings) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_alpn_protos(context->native_handle(), k_alpn.data(), k_alpn.size());
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, nullptr);
  TRY_OK(settings.ca_file.empty() ? trust_system(*context) : trust(*context, settings.ca_file));
  return std::shared_ptr<const TlsClient>(new TlsClient(std::move(context)));
}

}  // namespace weft::net
