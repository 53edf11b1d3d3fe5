#include "server/remote/fetch.hpp"

#include "io/http/client.hpp"
#include "io/timeout.hpp"
#include "wire/error_table.hpp"

namespace server {
namespace {

/// Answers of our own programs are small; chosen.
constexpr std::size_t kMostAnswerBytes = 8 * 1024 * 1024;

}  // namespace

io::Task<base::Result<std::string>> fetch_json(Runners& runners, std::string runner_id, std::string method,
                                               std::string target, std::string body,
                                               std::chrono::milliseconds limit) {
  RunnerConnector connector(runners, runner_id, limit);
  io::http::Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  if (!request.body.empty()) request.fields.add("Content-Type", "application/json");
  io::http::ClientLimits limits;
  limits.connect_and_head = limit;
  limits.idle = limit;
  limits.body_bytes = kMostAnswerBytes;

  auto asking = io::http::fetch(connector, std::move(runner_id), std::move(request), limits);
  auto answer = co_await io::within(limit, std::move(asking));
  if (!answer) co_return tl::unexpected(answer.error());
  if (answer->status < 200 || answer->status > 299)
    co_return tl::unexpected(wire::decode_problem(answer->status, answer->body));
  co_return std::move(answer->body);
}

}  // namespace server
