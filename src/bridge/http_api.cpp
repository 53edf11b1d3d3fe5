#include "bridge/http_api.hpp"

#include <string_view>

#include "io/websocket/channel.hpp"
#include "wire/error_table.hpp"

namespace bridge {
namespace {

using base::ErrorCode;

io::http::Response problem(const base::Error& error) {
  const wire::Problem document = wire::make_problem(error);
  return io::http::make_response(document.status, std::string(wire::kProblemType), wire::encode(document));
}

io::http::Response json(std::string body) {
  return io::http::make_response(200, "application/json", std::move(body));
}

}  // namespace

HttpApi::HttpApi(ApiParts parts, base::Log log) : parts_(std::move(parts)), log_(std::move(log)) {
  // In the order of Route.
  router_.add("GET", "/health");
  router_.add("GET", "/docker/info");
  router_.add("GET", "/exec");
  router_.add("GET", "/ports");
  router_.add("POST", "/reload");
}

io::Task<void> HttpApi::handle(io::http::Exchange& exchange) {
  const auto& head = exchange.request();
  const auto match = router_.match(head.method, head.path());
  using Kind = io::http::Router::Match::Kind;
  if (match.kind == Kind::found) {
    co_await answer(exchange, static_cast<Route>(match.index));
    co_return;
  }
  const std::string path(head.path());
  const base::Error missing(ErrorCode::not_found, "no such path: " + path);
  io::http::Response response = problem(missing);
  if (match.kind == Kind::no_such_method) {
    response.status = 405;
    response.fields.set("Allow", match.allow);
  }
  co_await exchange.respond(std::move(response));
}

io::Task<void> HttpApi::answer(io::http::Exchange& exchange, Route route) {
  switch (route) {
    case Route::health: {
      auto response = json(wire::encode(parts_.health()));
      co_await exchange.respond(std::move(response));
      co_return;
    }
    case Route::docker_info: co_await answer_docker_info(exchange); co_return;
    case Route::exec: co_await answer_exec(exchange); co_return;
    case Route::ports: co_await answer_ports(exchange); co_return;
    case Route::reload: {
      const auto reloaded = parts_.reload();
      io::http::Response response;
      response.status = 204;
      if (!reloaded) response = problem(base::Error(ErrorCode::conflict, reloaded.error().message()));
      co_await exchange.respond(std::move(response));
      co_return;
    }
  }
}

io::Task<void> HttpApi::answer_docker_info(io::http::Exchange& exchange) {
  auto info = co_await parts_.docker_info();
  io::http::Response response;
  if (info) {
    response = json(std::move(*info));
  } else {
    response = problem(base::Error(ErrorCode::unavailable,
                                   "the session's docker does not answer: " + info.error().message()));
  }
  co_await exchange.respond(std::move(response));
}

io::Task<void> HttpApi::answer_ports(io::http::Exchange& exchange) {
  const auto ports = co_await parts_.ports();
  auto response = json(encode(ports));
  co_await exchange.respond(std::move(response));
}

io::Task<void> HttpApi::answer_exec(io::http::Exchange& exchange) {
  if (!io::websocket::is_upgrade(exchange.request())) {
    io::http::Response response =
        problem(base::Error(ErrorCode::malformed, "exec is a WebSocket: ask for an upgrade"));
    response.status = 426;
    response.fields.set("Upgrade", "websocket");
    co_await exchange.respond(std::move(response));
    co_return;
  }
  auto channel = co_await io::websocket::accept(exchange);
  co_await parts_.execs.serve(std::move(channel));
}

}  // namespace bridge
