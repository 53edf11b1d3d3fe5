#include "engine/docker/docker_engine.hpp"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "engine/docker/codec.hpp"
#include "engine/docker/log_frames.hpp"
#include "engine/docker/progress_stream.hpp"
#include "wire/http_head.hpp"

namespace engine {
namespace {

namespace json = boost::json;
using base::ErrorCode;
using base::fail;
using io::Task;
using wire::percent_encode;

// API 1.41: the oldest engine in use (20.10) speaks it, and the newest still does.
constexpr std::string_view kVersion = "/v1.41";
constexpr std::string_view kHost = "docker";

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::invalid_argument;
    case 404: return ErrorCode::not_found;
    case 409: return ErrorCode::conflict;
    case 503: return ErrorCode::unavailable;
    default: return ErrorCode::internal;
  }
}

io::http::Request request_of(std::string method, std::string target, std::string body) {
  io::http::Request request;
  request.method = std::move(method);
  request.target = std::string(kVersion) + target;
  if (!body.empty()) request.fields.add("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

/// One container's log, taken out of its frames. Only a container with a terminal has none; sessions have no
/// terminal.
class DockerLogStream : public LogStream {
 public:
  explicit DockerLogStream(std::unique_ptr<io::http::ResponseStream> response)
      : response_(std::move(response)) {}

  Task<base::Result<std::string>> read_some() override {
    for (;;) {
      auto piece = co_await response_->read_some();
      if (!piece || piece->empty()) co_return piece;
      auto payload = frames_.feed(*piece);
      if (!payload || !payload->empty()) co_return payload;
    }
  }

 private:
  std::unique_ptr<io::http::ResponseStream> response_;
  LogFrames frames_;
};

template <class T>
base::Result<T> decoded(const base::Result<std::string>& body, base::Result<T> (*decode)(std::string_view)) {
  if (!body) return tl::unexpected(body.error());
  return decode(*body);
}

base::Result<void> done(const base::Result<std::string>& answer) {
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

base::Result<void> done_or_absent(const base::Result<std::string>& answer) {
  if (!answer && answer.error().code() == ErrorCode::not_found) return {};
  return done(answer);
}

}  // namespace

DockerEngine::DockerEngine(io::Connector& connector, DockerLimits limits)
    : connector_(connector), limits_(limits) {}

Task<base::Result<std::string>> DockerEngine::call(std::string method, std::string target, std::string body,
                                                   std::chrono::milliseconds limit) {
  io::http::ClientLimits limits;
  limits.connect_and_head = limit;
  limits.idle = limit;
  std::string what = method + " " + target;
  auto request = request_of(std::move(method), std::move(target), std::move(body));
  auto answer = co_await io::http::fetch(connector_, std::string(kHost), std::move(request), limits);
  if (!answer) {
    auto code = answer.error().code();
    if (code == ErrorCode::peer_closed)
      code = ErrorCode::unavailable;  // the engine went away; it is restarted
    co_return fail(code, "the container engine did not answer " + what + ": " + answer.error().message());
  }
  // 304: it is in the wanted state already.
  if (answer->status < 400) co_return std::move(answer->body);
  co_return fail(code_of(answer->status), codec::error_message(answer->body));
}

Task<base::Result<void>> DockerEngine::follow(io::http::Request request, std::string what,
                                              Progress progress) {
  io::http::ClientLimits limits;
  limits.connect_and_head = limits_.silence;
  limits.idle = limits_.silence;
  auto answer = co_await io::http::open(connector_, std::string(kHost), std::move(request), limits);
  if (!answer) co_return fail(answer.error().code(), what + ": " + answer.error().message());
  if ((*answer)->head().status >= 400) {
    const auto body = co_await (*answer)->read_all(64 * 1024);
    const std::string reason = body ? codec::error_message(*body) : body.error().message();
    co_return fail(code_of((*answer)->head().status), what + ": " + reason);
  }

  ProgressStream stream;
  for (;;) {
    const auto piece = co_await (*answer)->read_some();
    if (!piece) co_return fail(piece.error().code(), what + ": " + piece.error().message());
    if (piece->empty()) break;
    const auto fed = stream.feed(*piece);
    if (!fed) co_return tl::unexpected(fed.error());
    if (progress && !stream.status().empty()) progress(stream.status());
  }
  const auto finished = stream.finish();
  if (!finished) co_return tl::unexpected(finished.error());
  if (!stream.error().empty()) co_return fail(ErrorCode::unavailable, what + ": " + stream.error());
  co_return base::Result<void>{};
}

Task<base::Result<Info>> DockerEngine::info() {
  const auto body = co_await call("GET", "/info", "", limits_.quick);
  co_return decoded(body, codec::decode_info);
}

Task<base::Result<std::vector<ContainerSummary>>> DockerEngine::list_containers(std::string label) {
  std::string target = "/containers/json?all=true";
  if (!label.empty()) target += "&filters=" + percent_encode(codec::encode_label_filter(label));
  const auto body = co_await call("GET", std::move(target), "", limits_.quick);
  co_return decoded(body, codec::decode_containers);
}

Task<base::Result<Container>> DockerEngine::inspect_container(std::string id_or_name) {
  const auto body =
      co_await call("GET", "/containers/" + percent_encode(id_or_name) + "/json", "", limits_.quick);
  co_return decoded(body, codec::decode_container);
}

Task<base::Result<std::string>> DockerEngine::create_container(std::string name, ContainerSpec spec) {
  const auto body = co_await call("POST", "/containers/create?name=" + percent_encode(name),
                                  codec::encode_spec(spec), limits_.slow);
  co_return decoded(body, codec::decode_id);
}

Task<base::Result<void>> DockerEngine::start_container(std::string id_or_name) {
  const auto body =
      co_await call("POST", "/containers/" + percent_encode(id_or_name) + "/start", "", limits_.slow);
  co_return done(body);
}

Task<base::Result<void>> DockerEngine::stop_container(std::string id_or_name, std::chrono::seconds grace) {
  const auto body = co_await call(
      "POST", "/containers/" + percent_encode(id_or_name) + "/stop?t=" + std::to_string(grace.count()), "",
      limits_.slow + grace);
  co_return done(body);
}

Task<base::Result<void>> DockerEngine::remove_container(std::string id_or_name) {
  const auto body = co_await call(
      "DELETE", "/containers/" + percent_encode(id_or_name) + "?force=true&v=true", "", limits_.slow);
  co_return done_or_absent(body);
}

Task<base::Result<void>> DockerEngine::exec_detached(std::string id_or_name, std::vector<std::string> argv) {
  json::array command;
  for (const auto& word : argv) command.emplace_back(word);
  const json::object exec{{"Cmd", std::move(command)}};
  const auto created = co_await call("POST", "/containers/" + percent_encode(id_or_name) + "/exec",
                                     json::serialize(exec), limits_.quick);
  const auto id = decoded(created, codec::decode_id);
  if (!id) co_return tl::unexpected(id.error());
  const auto started =
      co_await call("POST", "/exec/" + percent_encode(*id) + "/start", R"({"Detach":true})", limits_.quick);
  co_return done(started);
}

Task<base::Result<std::unique_ptr<LogStream>>> DockerEngine::logs(std::string id_or_name, int tail,
                                                                  bool follow) {
  std::string target = "/containers/" + percent_encode(id_or_name) +
                       "/logs?stdout=true&stderr=true&tail=" + std::to_string(tail) +
                       "&follow=" + (follow ? "true" : "false");
  io::http::ClientLimits limits;
  limits.connect_and_head = limits_.quick;  // silence of a followed log is no failure: the idle hour stays
  auto request = request_of("GET", std::move(target), "");
  auto answer = co_await io::http::open(connector_, std::string(kHost), std::move(request), limits);
  if (!answer) co_return tl::unexpected(answer.error());
  const auto& head = (*answer)->head();
  if (head.status >= 400) {
    const auto body = co_await (*answer)->read_all(64 * 1024);
    const std::string reason = body ? codec::error_message(*body) : body.error().message();
    co_return fail(code_of(head.status), reason);
  }
  std::unique_ptr<LogStream> stream = std::make_unique<DockerLogStream>(std::move(*answer));
  co_return stream;
}

Task<base::Result<void>> DockerEngine::ensure_volume(std::string name, Labels labels) {
  json::object tags;
  for (const auto& [key, value] : labels) tags[key] = value;
  const json::object volume{{"Name", name}, {"Labels", std::move(tags)}};
  const auto body = co_await call("POST", "/volumes/create", json::serialize(volume), limits_.quick);
  co_return done(body);
}

Task<base::Result<void>> DockerEngine::remove_volume(std::string name) {
  const auto body = co_await call("DELETE", "/volumes/" + percent_encode(name), "", limits_.slow);
  co_return done_or_absent(body);
}

Task<base::Result<std::map<std::string, Labels>>> DockerEngine::list_volumes(std::string label) {
  const auto body = co_await call(
      "GET", "/volumes?filters=" + percent_encode(codec::encode_label_filter(label)), "", limits_.quick);
  co_return decoded(body, codec::decode_volumes);
}

Task<base::Result<std::vector<Image>>> DockerEngine::list_images() {
  const auto body = co_await call("GET", "/images/json", "", limits_.quick);
  co_return decoded(body, codec::decode_images);
}

Task<base::Result<Image>> DockerEngine::inspect_image(std::string name) {
  const auto body = co_await call("GET", "/images/" + percent_encode(name) + "/json", "", limits_.quick);
  co_return decoded(body, codec::decode_image);
}

Task<base::Result<void>> DockerEngine::pull_image(std::string name, Progress progress) {
  const auto parts = split_image_name(name);
  std::string target = "/images/create?fromImage=" + percent_encode(parts.repository);
  if (!parts.tag.empty()) target += "&tag=" + percent_encode(parts.tag);
  auto request = request_of("POST", std::move(target), "");
  const auto pulled = co_await follow(std::move(request), "pull of " + name, std::move(progress));
  if (!pulled) co_return pulled;
  // The stream may end without an error and without an image.
  const auto image = co_await inspect_image(name);
  if (!image) co_return fail(image.error().code(), "pull of " + name + ": " + image.error().message());
  co_return base::Result<void>{};
}

}  // namespace engine
