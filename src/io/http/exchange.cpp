#include "io/http/exchange.hpp"

#include <chrono>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "io/timeout.hpp"

namespace io::http {
namespace {

/// A whole answer is small: a client that has not read it by then never will. Chosen.
constexpr std::chrono::minutes kRespondLimit{2};

Task<base::Result<void>> send_whole(Exchange& exchange, wire::ResponseHead head, const std::string& body) {
  co_await exchange.start_response(std::move(head));
  if (!body.empty()) co_await exchange.write_body(asio::buffer(body));
  co_await exchange.finish();
  co_return base::Result<void>();
}

}  // namespace

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
  auto sending = send_whole(*this, std::move(head), response.body);
  const auto sent = co_await within(kRespondLimit, std::move(sending));
  if (sent) co_return;
  abandon();
  throw boost::system::system_error(asio::error::timed_out);
}

Task<void> Exchange::finish() {
  wire::Fields none;
  co_await finish(std::move(none));
}

}  // namespace io::http
