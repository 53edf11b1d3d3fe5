#include "io/http/exchange.hpp"

namespace io::http {

Task<base::Result<std::string>> Exchange::read_body(std::size_t most) {
  std::string body;
  if (framing_.kind == wire::Framing::Kind::length && framing_.length > most) {
    close_after();
    co_return base::fail(base::ErrorCode::too_large,
                         "the body is larger than " + std::to_string(most) + " bytes");
  }
  while (true) {
    auto piece = co_await read_body_some();
    if (!piece) co_return tl::unexpected(piece.error());
    if (piece->empty()) co_return body;
    if (body.size() + piece->size() > most) {
      close_after();
      co_return base::fail(base::ErrorCode::too_large,
                           "the body is larger than " + std::to_string(most) + " bytes");
    }
    body += *piece;
  }
}

Task<void> Exchange::respond(Response response) {
  wire::ResponseHead head;
  head.status = response.status;
  head.fields = std::move(response.fields);
  if (response.status != 204 && response.status != 304)
    head.fields.set("Content-Length", std::to_string(response.body.size()));
  co_await start_response(std::move(head));
  if (!response.body.empty()) co_await write_body(asio::buffer(response.body));
  co_await finish();
}

Task<void> Exchange::finish() {
  wire::Fields none;
  co_await finish(std::move(none));
}

}  // namespace io::http
