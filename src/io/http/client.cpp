#include "io/http/client.hpp"

#include <utility>

#include <boost/system/system_error.hpp>

#include "io/timeout.hpp"

namespace io::http {
namespace {

Task<base::Result<std::size_t>> fill(BufferedStream& connection) {
  try {
    co_return co_await connection.fill();
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    co_return base::fail(base::ErrorCode::peer_closed, "the connection broke: " + error.code().message());
  }
}

Task<base::Result<bool>> send(Stream& stream, std::string text) {
  try {
    co_await write_all(stream, asio::buffer(text));
    co_return true;
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    co_return base::fail(base::ErrorCode::peer_closed, "the connection broke: " + error.code().message());
  }
}

/// The final answer's head; interim ones but 101 are skipped.
Task<base::Result<wire::ResponseHead>> read_head(BufferedStream& connection) {
  while (true) {
    auto decoded = wire::decode_response_head(connection.buffered());
    if (!decoded) co_return base::fail(base::ErrorCode::malformed, decoded.error().message());
    if (*decoded) {
      connection.consume((*decoded)->consumed);
      const int status = (*decoded)->head.status;
      if (status >= 200 || status == 101) co_return std::move((*decoded)->head);
      continue;
    }
    const auto size = co_await fill(connection);
    if (!size) co_return tl::unexpected(size.error());
    if (*size == 0)
      co_return base::fail(base::ErrorCode::peer_closed, "the connection ended before an answer came");
  }
}

std::string encode_request(Request request, const std::string& host) {
  wire::RequestHead head;
  head.method = request.method;
  head.target = request.target;
  head.fields.add("Host", host);
  for (auto& field : request.fields.all()) head.fields.add(std::move(field.name), std::move(field.value));
  if (!request.body.empty() || head.method == "POST" || head.method == "PUT")
    head.fields.set("Content-Length", std::to_string(request.body.size()));
  if (head.fields.count("Connection") == 0) head.fields.add("Connection", "close");
  std::string text;
  wire::encode(head, text);
  text += request.body;
  return text;
}

Task<base::Result<std::unique_ptr<ResponseStream>>> exchange(Connector& connector, std::string host,
                                                             Request request,
                                                             std::chrono::milliseconds idle) {
  auto stream = co_await connector.connect();
  if (!stream) co_return tl::unexpected(stream.error());
  const std::string method = request.method;
  auto connection = std::make_unique<BufferedStream>(std::move(*stream));
  const auto sent = co_await send(connection->stream(), encode_request(std::move(request), host));
  // A server may answer and close before it has read all: look for the answer first.
  auto head = co_await read_head(*connection);
  if (!head && !sent) co_return tl::unexpected(sent.error());
  if (!head) co_return tl::unexpected(head.error());
  const auto framing = wire::response_framing(*head, method);
  if (!framing) co_return base::fail(base::ErrorCode::malformed, framing.error().message());
  co_return std::make_unique<ResponseStream>(std::move(connection), std::move(*head), *framing, idle);
}

}  // namespace

ResponseStream::ResponseStream(std::unique_ptr<BufferedStream> connection, wire::ResponseHead head,
                               wire::Framing framing, std::chrono::milliseconds idle)
    : connection_(std::move(connection)), head_(std::move(head)), decoder_(framing), idle_(idle) {}

Task<base::Result<std::string>> ResponseStream::read_some() {
  while (!decoder_.done()) {
    const auto step = decoder_.decode(connection_->buffered());
    if (!step) co_return base::fail(base::ErrorCode::malformed, step.error().message());
    std::string payload(step->payload);
    connection_->consume(step->consumed);
    if (!payload.empty()) co_return payload;
    if (step->consumed > 0) continue;
    auto filling = fill(*connection_);
    const auto size = co_await within(idle_, std::move(filling));
    if (!size) co_return tl::unexpected(size.error());
    if (*size > 0) continue;
    if (decoder_.kind() == wire::Framing::Kind::until_close) co_return std::string();
    co_return base::fail(base::ErrorCode::peer_closed, "the answer was cut short");
  }
  co_return std::string();
}

Task<base::Result<std::string>> ResponseStream::read_all(std::size_t most) {
  std::string body;
  while (true) {
    auto piece = co_await read_some();
    if (!piece) co_return tl::unexpected(piece.error());
    if (piece->empty()) co_return body;
    if (body.size() + piece->size() > most)
      co_return base::fail(base::ErrorCode::too_large,
                           "the answer is larger than " + std::to_string(most) + " bytes");
    body += *piece;
  }
}

StreamPtr ResponseStream::release() { return connection_->release(); }

Task<base::Result<std::unique_ptr<ResponseStream>>> open(Connector& connector, std::string host,
                                                         Request request, ClientLimits limits) {
  auto asking = exchange(connector, std::move(host), std::move(request), limits.idle);
  co_return co_await within(limits.connect_and_head, std::move(asking));
}

Task<base::Result<Response>> fetch(Connector& connector, std::string host, Request request,
                                   ClientLimits limits) {
  auto stream = co_await open(connector, std::move(host), std::move(request), limits);
  if (!stream) co_return tl::unexpected(stream.error());
  auto body = co_await (*stream)->read_all(limits.body_bytes);
  if (!body) co_return tl::unexpected(body.error());
  Response response;
  response.status = (*stream)->head().status;
  response.fields = (*stream)->head().fields;
  response.body = std::move(*body);
  co_return response;
}

}  // namespace io::http
