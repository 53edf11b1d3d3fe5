#include "server/gateway/hydra_exchange.hpp"

#include <utility>

#include "wire/dev_container.hpp"
#include "wire/error_table.hpp"

namespace server {
namespace {

/// More than any problem document of hydra. Chosen.
constexpr std::size_t kMaxDetail = 4096;

}  // namespace

HydraExchange::HydraExchange(io::StreamPtr connection, std::string prefix)
    : Http1ClientExchange(std::move(connection)), prefix_(std::move(prefix)) {}

io::Task<base::Result<void>> HydraExchange::send_head(wire::RequestHead head, wire::Framing framing) {
  head.target.insert(0, prefix_);
  auto sending = Http1ClientExchange::send_head(std::move(head), framing);
  co_return co_await std::move(sending);
}

io::Task<base::Result<wire::ResponseHead>> HydraExchange::read_head() {
  auto reading = Http1ClientExchange::read_head();
  auto head = co_await std::move(reading);
  if (!head || head->status < 200 || head->fields.count(wire::kUnreachableField) == 0) co_return head;
  std::string text;
  while (text.size() < kMaxDetail) {
    auto next = read_some();
    const auto piece = co_await std::move(next);
    if (!piece || piece->empty()) break;
    text += *piece;
  }
  co_return base::fail(base::ErrorCode::unavailable, wire::decode_problem(503, text).message());
}

}  // namespace server
