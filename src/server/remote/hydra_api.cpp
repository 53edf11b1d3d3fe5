#include "server/remote/hydra_api.hpp"

#include "server/remote/fetch.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kContainers = "/api/v1/dev-containers";

// Chosen. Stopping gives a session's own dockerd its time to stop its containers.
constexpr std::chrono::milliseconds kAskLimit = 10s;
constexpr std::chrono::milliseconds kStopLimit = 60s;
constexpr std::chrono::milliseconds kRemoveLimit = 120s;

std::string target_of(const wire::SessionId& session, std::string_view rest = {}) {
  return std::string(kContainers) + "/" + session.text() + std::string(rest);
}

}  // namespace

io::Task<base::Result<wire::DevContainer>> TunnelHydraApi::create(wire::SandboxId sandbox,
                                                                  wire::NewDevContainer request,
                                                                  std::chrono::milliseconds limit) {
  const auto answer = co_await fetch_json(runners_, wire::hydra_runner(sandbox), "POST",
                                          std::string(kContainers), wire::encode(request), limit);
  if (!answer) co_return tl::unexpected(answer.error());
  co_return wire::decode_dev_container(*answer);
}

io::Task<base::Result<wire::DevContainer>> TunnelHydraApi::get(wire::SandboxId sandbox,
                                                               wire::SessionId session) {
  const auto answer =
      co_await fetch_json(runners_, wire::hydra_runner(sandbox), "GET", target_of(session), "", kAskLimit);
  if (!answer) co_return tl::unexpected(answer.error());
  co_return wire::decode_dev_container(*answer);
}

io::Task<base::Result<std::vector<wire::DevContainer>>> TunnelHydraApi::list(wire::SandboxId sandbox) {
  const auto answer = co_await fetch_json(runners_, wire::hydra_runner(sandbox), "GET",
                                          std::string(kContainers), "", kAskLimit);
  if (!answer) co_return tl::unexpected(answer.error());
  co_return wire::decode_dev_containers(*answer);
}

io::Task<base::Result<void>> TunnelHydraApi::stop(wire::SandboxId sandbox, wire::SessionId session) {
  const auto answer = co_await fetch_json(runners_, wire::hydra_runner(sandbox), "POST",
                                          target_of(session, "/stop"), "", kStopLimit);
  if (!answer) co_return tl::unexpected(answer.error());
  co_return base::Result<void>();
}

io::Task<base::Result<void>> TunnelHydraApi::remove(wire::SandboxId sandbox, wire::SessionId session) {
  const auto answer = co_await fetch_json(runners_, wire::hydra_runner(sandbox), "DELETE", target_of(session),
                                          "", kRemoveLimit);
  if (!answer && answer.error().code() != base::ErrorCode::not_found)
    co_return tl::unexpected(answer.error());
  co_return base::Result<void>();
}

io::Task<base::Result<wire::Reconciled>> TunnelHydraApi::reconcile(wire::SandboxId sandbox,
                                                                   wire::Reconcile request) {
  const auto answer = co_await fetch_json(runners_, wire::hydra_runner(sandbox), "POST",
                                          "/api/v1/gc/reconcile", wire::encode(request), kAskLimit);
  if (!answer) co_return tl::unexpected(answer.error());
  co_return wire::decode_reconciled(*answer);
}

}  // namespace server
