#include <array>
#include <utility>

#include <boost/json/parse.hpp>
#include <openssl/evp.h>

#include "base/random.hpp"
#include "io/websocket/channel.hpp"

namespace io::websocket {
namespace {

using base::ErrorCode;

std::string make_key() {
  std::array<std::byte, 16> raw{};
  base::SystemRandom().fill(raw);
  std::array<unsigned char, 32> text{};
  const int size = EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(raw.data()), 16);
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
}

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::malformed;
    case 401: return ErrorCode::unauthenticated;
    case 403: return ErrorCode::forbidden;
    case 404: return ErrorCode::not_found;
    case 409: return ErrorCode::conflict;
    case 422: return ErrorCode::invalid_argument;
    case 429: return ErrorCode::too_many;
    case 504: return ErrorCode::timed_out;
    default: return ErrorCode::unavailable;
  }
}

/// What a refusing server says: the detail of its problem document, else the status.
std::string detail_of(int status, const base::Result<std::string>& body) {
  const std::string fallback = "the server answered " + std::to_string(status);
  if (!body) return fallback;
  boost::system::error_code error;
  const auto value = boost::json::parse(*body, error);
  if (error || !value.is_object()) return fallback;
  const auto* detail = value.get_object().if_contains("detail");
  if (detail == nullptr || !detail->is_string()) return fallback;
  return std::string(detail->get_string());
}

}  // namespace

bool is_upgrade(const wire::RequestHead& head) {
  return head.method == "GET" && head.minor_version == 1 && head.fields.has_token("Upgrade", "websocket") &&
         head.fields.has_token("Connection", "upgrade") && head.fields.count("Sec-WebSocket-Key") == 1 &&
         head.fields.find("Sec-WebSocket-Version") == "13";
}

Task<ChannelPtr> accept(http::Exchange& exchange, wire::Fields extra) {
  wire::ResponseHead head;
  head.status = 101;
  head.reason = "Switching Protocols";
  head.fields.add("Upgrade", "websocket");
  head.fields.add("Connection", "Upgrade");
  const auto key = exchange.request().fields.find("Sec-WebSocket-Key").value_or("");
  head.fields.add("Sec-WebSocket-Accept", wire::websocket_accept(key));
  for (auto& field : extra.all()) head.fields.add(std::move(field.name), std::move(field.value));
  auto stream = co_await exchange.switch_protocols(std::move(head));
  co_return std::make_unique<Channel>(std::move(stream), wire::WebSocketRole::server);
}

Task<base::Result<ChannelPtr>> connect(Connector& connector, std::string host, std::string target,
                                       wire::Fields fields, std::chrono::milliseconds limit) {
  wire::Fields ignored;
  co_return co_await connect(connector, std::move(host), std::move(target), std::move(fields), limit,
                             ignored);
}

Task<base::Result<ChannelPtr>> connect(Connector& connector, std::string host, std::string target,
                                       wire::Fields fields, std::chrono::milliseconds limit,
                                       wire::Fields& answer) {
  http::Request request;
  request.target = std::move(target);
  request.fields = std::move(fields);
  const std::string key = make_key();
  request.fields.set("Upgrade", "websocket");
  request.fields.set("Connection", "Upgrade");
  request.fields.set("Sec-WebSocket-Key", key);
  request.fields.set("Sec-WebSocket-Version", "13");
  http::ClientLimits limits;
  limits.connect_and_head = limit;
  auto response = co_await http::open(connector, std::move(host), std::move(request), limits);
  if (!response) co_return tl::unexpected(response.error());
  const auto& head = (*response)->head();
  if (head.status != 101) {
    const int status = head.status;
    const auto body = co_await (*response)->read_all(64 * 1024);
    co_return base::fail(code_of(status), detail_of(status, body));
  }
  if (head.fields.find("Sec-WebSocket-Accept") != wire::websocket_accept(key))
    co_return base::fail(ErrorCode::malformed, "the server's WebSocket handshake is wrong");
  answer = head.fields;
  co_return std::make_unique<Channel>((*response)->release(), wire::WebSocketRole::client);
}

}  // namespace io::websocket
