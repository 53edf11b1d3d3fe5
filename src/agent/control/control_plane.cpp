#include "agent/control/control_plane.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "agent/files.hpp"
#include "io/http/client.hpp"
#include "io/timeout.hpp"
#include "wire/error_table.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using base::fail;
using io::Task;

constexpr std::chrono::milliseconds kFirstRetry{500};
constexpr std::chrono::milliseconds kLastRetry{5000};
constexpr std::size_t kMaxTokenBytes = 4096;
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

io::http::ClientLimits limits() {
  io::http::ClientLimits limits;
  limits.connect_and_head = std::chrono::seconds(15);
  limits.idle = std::chrono::seconds(15);
  limits.body_bytes = kMaxAnswerBytes;
  return limits;
}

}  // namespace

ControlPlane::ControlPlane(const Config& config, base::Log log)
    : config_(config),
      log_(std::move(log)),
      connector_(config.api.host, config.api.port, config.api.tls, config.tls_insecure_skip_verify),
      token_file_(config.data / "hydra" / "token") {}

Task<void> ControlPlane::enrol() {
  auto stored = read_file(token_file_, kMaxTokenBytes);
  if (stored && !stored->empty()) {
    token_ = base::Secret(std::move(*stored));
    co_return;
  }
  for (auto delay = kFirstRetry;; delay = std::min(delay * 2, kLastRetry)) {
    auto token = co_await exchange_token();
    if (token) {
      token_ = std::move(*token);
      last_error_.clear();
      co_return;
    }
    if (last_error_ != token.error().message())
      log_.warn("enrolment.failed", {{"error", token.error().message()}});
    last_error_ = token.error().message();
    co_await io::sleep_for(delay);
  }
}

Task<base::Result<base::Secret>> ControlPlane::exchange_token() {
  if (config_.runner_token.empty()) {
    co_return fail(ErrorCode::unauthenticated,
                   "this sandbox has no token: set RUNNER_TOKEN or RUNNER_TOKEN_FILE to the control plane's "
                   "shared token");
  }
  io::http::Request request;
  request.method = "POST";
  request.target = config_.api.base_path + "/api/v1/sandboxes/" + config_.sandbox.text() + "/enrol";
  request.fields.add("Authorization", "Bearer " + config_.runner_token.expose());
  const auto answer =
      co_await io::http::fetch(connector_, config_.api.authority, std::move(request), limits());
  if (!answer) co_return tl::unexpected(answer.error());
  if (answer->status == 404 || answer->status == 405) {
    log_.info("enrolment.unknown", {{"api", config_.api_url}});
    co_return config_.runner_token;  // an older server: the shared token is all there is
  }
  if (answer->status >= 300) {
    const auto problem = wire::decode_problem(answer->status, answer->body);
    std::string advice;
    if (answer->status == 409)
      advice = "; free the name with: helix sandbox re-enrol " + config_.sandbox.text();
    if (answer->status == 401) advice = "; RUNNER_TOKEN is not the control plane's shared token";
    co_return fail(problem.code(), "enrolment was refused: " + problem.message() + advice);
  }
  auto token = wire::decode_sandbox_token(answer->body);
  if (!token) co_return tl::unexpected(token.error());

  std::error_code ignored;
  std::filesystem::create_directories(token_file_.parent_path(), ignored);
  const auto kept = replace_file(token_file_, *token, 0600);
  // The name is bound to this token now: without the file a restart could not prove itself.
  if (!kept) log_.error("enrolment.not_kept", {{"error", kept.error().message()}});
  log_.info("enrolment.done", {{"sandbox", config_.sandbox.text()}});
  co_return base::Secret(std::move(*token));
}

Task<base::Result<void>> ControlPlane::send(wire::Heartbeat heartbeat) {
  io::http::Request request;
  request.method = "POST";
  request.target = config_.api.base_path + "/api/v1/sandboxes/" + config_.sandbox.text() + "/heartbeat";
  request.fields.add("Authorization", "Bearer " + token_.expose());
  request.fields.add("Content-Type", "application/json");
  request.body = wire::encode(heartbeat);
  const auto answer =
      co_await io::http::fetch(connector_, config_.api.authority, std::move(request), limits());
  if (!answer) co_return tl::unexpected(answer.error());
  if (answer->status < 300) co_return base::Result<void>{};
  const auto problem = wire::decode_problem(answer->status, answer->body);
  co_return tl::unexpected(problem);
}

Task<void> ControlPlane::wait_for_change(Snapshot snapshot, wire::Heartbeat last) {
  for (auto waited = kLookForChangeEvery; waited < kHeartbeatEvery; waited += kLookForChangeEvery) {
    co_await io::sleep_for(kLookForChangeEvery);
    const auto now = co_await snapshot();
    if (now.max_sessions != last.max_sessions || now.images != last.images) co_return;
  }
  co_await io::sleep_for(kLookForChangeEvery);
}

Task<void> ControlPlane::beat(Snapshot snapshot) {
  for (;;) {
    auto now = co_await snapshot();
    const auto sent = co_await send(now);
    if (sent) {
      last_error_.clear();
    } else {
      log_.warn("heartbeat.lost", {{"error", sent.error().message()}});
      last_error_ = sent.error().message();
    }
    if (!sent && sent.error().code() == ErrorCode::unauthenticated) {
      // Our token is no longer known, e.g. after a re-enrol: the shared one may be exchanged again.
      auto token = co_await exchange_token();
      if (token) token_ = std::move(*token);
      if (!token) log_.warn("enrolment.failed", {{"error", token.error().message()}});
    }
    if (sent) {
      co_await wait_for_change(snapshot, std::move(now));
    } else {
      co_await io::sleep_for(kLastRetry);  // the control plane may be starting: it should see us soon after
    }
  }
}

}  // namespace agent
