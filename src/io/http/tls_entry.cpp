#include "io/http/tls_entry.hpp"

#include <utility>

namespace io::http {
namespace {

Task<StreamPtr> enter(StreamPtr stream, TlsContext* context, Offer offer, std::chrono::milliseconds limit,
                      ConnectionInfo& info) {
  auto accepting = accept_either(std::move(stream), context, offer, limit);
  auto accepted = co_await std::move(accepting);
  if (!accepted) co_return nullptr;  // counted and logged by the context
  if (accepted->tls) info.scheme = "https";
  info.alpn = std::move(accepted->alpn);
  co_return std::move(accepted->stream);
}

}  // namespace

Entry tls_entry(TlsContext* context, Offer offer, std::chrono::milliseconds limit) {
  return [context, offer, limit](StreamPtr stream, ConnectionInfo& info) {
    return enter(std::move(stream), context, offer, limit, info);
  };
}

}  // namespace io::http
