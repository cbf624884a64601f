#include "cli/span_log.h"

#include <fmt/format.h>

namespace weft::cli {

void SpanLog::on_end(const contracts::SpanStart& span, const contracts::SpanEnd& end) {
  const auto call = fmt::format("{}.{}", span.interface, span.function);
  const auto outcome = end.error == nullptr ? std::string_view("ok") : name(end.error->code);
  log_.debug("call", {{"request", contracts::text(span.context.request)},
                      {"trace", span.context.trace.trace_text()},
                      {"source", span.source},
                      {"target", span.target},
                      {"call", call},
                      {"outcome", outcome},
                      {"us", static_cast<std::int64_t>(end.took.count() / 1000)},
                      {"in", end.bytes_in},
                      {"out", end.bytes_out},
                      {"error", end.error == nullptr ? std::string_view()
                                                     : std::string_view(end.error->message)}});
}

}  // namespace weft::cli
