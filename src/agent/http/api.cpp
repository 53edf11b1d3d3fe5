#include "agent/http/api.hpp"

#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "agent/http/answers.hpp"
#include "wire/error_table.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using io::Task;

constexpr std::size_t kMaxBody = 4 * 1024 * 1024;  // 256 variables of 64 KiB would be more: chosen

}  // namespace

Api::Api(Parts parts, base::Log log) : parts_(std::move(parts)), log_(std::move(log)) {
  const std::string containers = "/api/v1/dev-containers";
  const std::string one = containers + "/{session_id}";
  add("GET", "/health", &Api::get_health);
  add("GET", "/api/v1/system/stats", &Api::get_stats);
  add("GET", "/api/v1/logs", &Api::follow_own_log);
  add("POST", containers, &Api::create);
  add("GET", containers, &Api::list);
  add("GET", one, &Api::get);
  add("DELETE", one, &Api::remove);
  add("POST", one + "/stop", &Api::stop);
  add("GET", one + "/logs", &Api::get_log);
  add("GET", one + "/exec", &Api::exec);
  add("ANY", one + "/proxy/{port}", &Api::proxy);
  add("ANY", one + "/proxy/{port}/*", &Api::proxy);
  add("POST", "/api/v1/gc/reconcile", &Api::reconcile);
}

void Api::add(std::string method, std::string pattern, Method handler) {
  router_.add(std::move(method), std::move(pattern));
  handlers_.push_back(handler);
}

Task<void> Api::handle(Exchange& exchange) {
  const auto& head = exchange.request();
  auto match = router_.match(head.method, head.path());
  switch (match.kind) {
    case io::http::Router::Match::Kind::found:
      co_await (this->*handlers_[match.index])(exchange, std::move(match.params));
      co_return;
    case io::http::Router::Match::Kind::no_such_method: {
      auto answer = io::http::make_response(405, "text/plain", "this path takes: " + match.allow + "\n");
      answer.fields.add("Allow", match.allow);
      co_await exchange.respond(std::move(answer));
      co_return;
    }
    case io::http::Router::Match::Kind::no_such_path: {
      auto answer = problem_answer(base::Error(ErrorCode::not_found, "there is no such path in hydra's API"));
      co_await exchange.respond(std::move(answer));
      co_return;
    }
  }
}

Task<void> Api::get_health(Exchange& exchange, Params) {
  const auto health = parts_.health();
  const boost::json::object body{{"status", health.status},
                                 {"step", health.step},
                                 {"version", HELIX_VERSION},
                                 {"docker_ready", health.docker_ready},
                                 {"docker_version", health.docker_version}};
  auto answer = json_answer(200, boost::json::serialize(body));
  co_await exchange.respond(std::move(answer));
}

Task<void> Api::get_stats(Exchange& exchange, Params) {
  const auto stats = co_await parts_.stats();
  auto answer = json_answer(200, wire::encode(stats));
  co_await exchange.respond(std::move(answer));
}

Task<void> Api::create(Exchange& exchange, Params) {
  const auto body = co_await exchange.read_body(kMaxBody);
  if (!body) {
    co_await exchange.respond(problem_answer(body.error()));
    co_return;
  }
  auto request = wire::decode_new_dev_container(*body);
  if (!request) {
    co_await exchange.respond(problem_answer(request.error()));
    co_return;
  }
  const std::string session = request->session_id;
  const auto created = co_await parts_.sessions.create(std::move(*request));
  if (!created) {
    log_.warn("session.not_created", {{"session", session}, {"error", created.error().message()}});
    co_await exchange.respond(problem_answer(created.error()));
    co_return;
  }
  const int status = created->is_new ? 201 : 200;
  auto answer = json_answer(status, wire::encode(created->session));
  co_await exchange.respond(std::move(answer));
}

Task<void> Api::list(Exchange& exchange, Params) {
  const auto sessions = co_await parts_.sessions.list();
  if (!sessions) {
    co_await exchange.respond(problem_answer(sessions.error()));
    co_return;
  }
  auto answer = json_answer(200, wire::encode(*sessions));
  co_await exchange.respond(std::move(answer));
}

Task<void> Api::get(Exchange& exchange, Params params) {
  const auto id = wire::SessionId::parse(params["session_id"]);
  if (!id) {
    co_await exchange.respond(problem_answer(id.error()));
    co_return;
  }
  const auto session = co_await parts_.sessions.get(*id);
  if (!session) {
    co_await exchange.respond(problem_answer(session.error()));
    co_return;
  }
  auto answer = json_answer(200, wire::encode(*session));
  co_await exchange.respond(std::move(answer));
}

Task<void> Api::stop(Exchange& exchange, Params params) {
  const auto id = wire::SessionId::parse(params["session_id"]);
  if (!id) {
    co_await exchange.respond(problem_answer(id.error()));
    co_return;
  }
  const auto session = co_await parts_.sessions.stop(*id);
  if (!session) {
    co_await exchange.respond(problem_answer(session.error()));
    co_return;
  }
  auto answer = json_answer(200, wire::encode(*session));
  co_await exchange.respond(std::move(answer));
}

Task<void> Api::remove(Exchange& exchange, Params params) {
  const auto id = wire::SessionId::parse(params["session_id"]);
  if (!id) {
    co_await exchange.respond(problem_answer(id.error()));
    co_return;
  }
  const auto removed = co_await parts_.sessions.remove(*id);
  if (!removed) {
    co_await exchange.respond(problem_answer(removed.error()));
    co_return;
  }
  io::http::Response answer;
  answer.status = 204;
  co_await exchange.respond(std::move(answer));
}

Task<void> Api::reconcile(Exchange& exchange, Params) {
  const auto body = co_await exchange.read_body(kMaxBody);
  if (!body) {
    co_await exchange.respond(problem_answer(body.error()));
    co_return;
  }
  auto request = wire::decode_reconcile(*body);
  if (!request) {
    co_await exchange.respond(problem_answer(request.error()));
    co_return;
  }
  const auto reconciled = co_await parts_.sessions.reconcile(std::move(*request));
  if (!reconciled) {
    co_await exchange.respond(problem_answer(reconciled.error()));
    co_return;
  }
  auto answer = json_answer(200, wire::encode(*reconciled));
  co_await exchange.respond(std::move(answer));
}

}  // namespace agent
