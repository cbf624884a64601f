#include "ingress/http/admin.h"

#include <array>
#include <memory>
#include <utility>

namespace weft::ingress {
namespace {

constexpr std::string_view k_text = "text/plain; charset=utf-8";
constexpr std::string_view k_exposition = "text/plain; version=0.0.4; charset=utf-8";

class AdminPeer final : public net::HttpPeer {
 public:
  AdminPeer(net::Socket socket, net::HttpServer& server, AdminSource& source)
      : HttpPeer(std::move(socket), server), source_(source) {}

 private:
  void on_request(const net::HttpHead& head, std::string_view, net::HttpMore) override {
    const auto path = head.target.substr(0, head.target.find('?'));
    if (head.method != "GET" && head.method != "HEAD") {
      return answer(405, k_text, "only GET and HEAD are served here\n");
    }
    if (path == "/livez") return answer(200, k_text, "alive\n");
    if (path == "/readyz") {
      const auto missing = source_.not_ready();
      return missing.empty() ? answer(200, k_text, "ready\n")
                             : answer(503, k_text, "not ready\n" + missing + "\n");
    }
    if (path == "/metrics") {
      std::string metrics;
      source_.append_metrics(metrics);
      return answer(200, k_exposition, metrics);
    }
    answer(404, k_text, "there is /livez, /readyz and /metrics\n");
  }
  void on_refused(const net::HttpRefusal& refusal, const net::HttpRequestLine&) override {
    answer(refusal.status, k_text, std::string(refusal.why) + "\n");
  }
  void on_request_body(std::string_view, net::HttpMore, std::span<const net::HttpField>) override {}
  void on_drained(std::size_t) override {}
  void on_gone(net::HttpGone) override {}
  void on_done(const net::HttpOutcome&) override {}

  void answer(std::uint16_t status, std::string_view type, std::string_view body) {
    const std::array<net::HttpField, 3> fields{
        {{"content-type", type}, {"cache-control", "no-store"}, {"allow", "GET, HEAD"}}};
    (void)connection_.respond(status, std::span(fields).first(status == 405 ? 3 : 2));
    connection_.write(body);
    connection_.finish({});
    connection_.release();
  }

  AdminSource& source_;
};

}  // namespace

net::HttpServer::MakePeer admin_peers(AdminSource& source) {
  return [&source](net::Socket socket, net::HttpServer& server) {
    return std::make_unique<AdminPeer>(std::move(socket), server, source);
  };
}

}  // namespace weft::ingress
