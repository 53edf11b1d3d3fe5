/// An HTTP server on a loopback port with a thread of its own, whose answers a test writes down.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "io/http/server.hpp"
#include "io/net.hpp"
#include "io/task_group.hpp"
#include "io/websocket/channel.hpp"

namespace support {

class ScriptedApi {
 public:
  struct Answer {
    int status = 200;
    std::string body = "{}";
  };
  struct Seen {
    std::string what;  // "GET /api/v1/sessions"
    std::string authorization;
    std::string body;
  };
  using WebSocketScript = std::function<io::Task<void>(io::websocket::Channel&)>;

  ScriptedApi()
      : log_("test", base::LogLevel::error, base::LogFormat::text), group_(loop_.get_executor(), log_) {
    listener_ = io::Listener::tcp(loop_.get_executor(), "127.0.0.1", 0).value();
    auto handler = [this](io::http::Exchange& exchange) { return handle(*this, exchange); };
    server_ =
        std::make_unique<io::http::Server>(loop_.get_executor(), handler, io::http::ServerLimits{}, log_);
    group_.spawn("accept", server_->run(*listener_));
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~ScriptedApi() {
    io::asio::post(loop_,
                   [this] { io::asio::co_spawn(loop_, stop(*this), [](const std::exception_ptr&) {}); });
    thread_.join();
  }
  ScriptedApi(const ScriptedApi&) = delete;
  ScriptedApi& operator=(const ScriptedApi&) = delete;

  /// Answers for "GET /api/v1/sessions", in turn; the last one is given again. What has none is 404.
  void on(const std::string& what, std::vector<Answer> answers) {
    const std::scoped_lock lock(mutex_);
    answers_[what] = std::move(answers);
  }
  /// Speaks over every WebSocket that is opened; without one they are answered like other requests.
  void on_websocket(WebSocketScript script) {
    const std::scoped_lock lock(mutex_);
    script_ = std::move(script);
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_->port()); }
  [[nodiscard]] std::vector<Seen> seen() {
    const std::scoped_lock lock(mutex_);
    return seen_;
  }

 private:
  static io::Task<void> stop(ScriptedApi& api) {
    api.group_.cancel();
    co_await api.group_.join();
    co_await api.server_->close();
    api.listener_->close();
  }

  static io::Task<void> handle(ScriptedApi& api, io::http::Exchange& exchange) {
    const auto& head = exchange.request();
    const auto script = api.script();
    if (script && io::websocket::is_upgrade(head)) {
      const auto channel = co_await io::websocket::accept(exchange);
      co_await script(*channel);
      co_return;
    }
    const auto body = co_await exchange.read_body(1 << 20);
    const auto key = std::string(head.fields.find("Authorization").value_or(""));
    const auto answer = api.next_answer(head.method + " " + head.target, key, body.value_or(""));
    io::http::Response response = io::http::make_response(answer.status, "application/json", answer.body);
    co_await exchange.respond(std::move(response));
  }

  WebSocketScript script() {
    const std::scoped_lock lock(mutex_);
    return script_;
  }

  Answer next_answer(const std::string& what, const std::string& authorization, const std::string& body) {
    const std::scoped_lock lock(mutex_);
    seen_.push_back({what, authorization, body});
    const auto found = answers_.find(what);
    if (found == answers_.end() || found->second.empty())
      return {
          404,
          R"({"type":"about:blank","title":"Not found","status":404,"code":"not_found","detail":"nothing here"})"};
    auto& queue = found->second;
    Answer answer = queue.front();
    if (queue.size() > 1) queue.erase(queue.begin());
    return answer;
  }

  base::Log log_;
  io::asio::io_context loop_{1};
  io::TaskGroup group_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<io::http::Server> server_;
  std::mutex mutex_;
  std::map<std::string, std::vector<Answer>> answers_;
  std::vector<Seen> seen_;
  WebSocketScript script_;
  std::thread thread_;
};

}  // namespace support
