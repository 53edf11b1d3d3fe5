#include "server/gateway/app_codes.hpp"

#include <algorithm>

#include "server/auth/tokens.hpp"

namespace server {

base::Secret AppCodes::issue(AppTicket ticket) {
  make_room(ticket.user);
  auto code = make_token("hc-", random_);
  issued_[hash_token(code.expose()).bytes] = {std::move(ticket), clock_.now(), next_++};
  return code;
}

std::optional<AppTicket> AppCodes::redeem(const std::string& code) {
  const auto found = issued_.find(hash_token(code).bytes);
  if (found == issued_.end()) return std::nullopt;
  const auto issued = std::move(found->second);
  issued_.erase(found);
  if (clock_.now() - issued.at >= kCodeTime) return std::nullopt;
  return issued.ticket;
}

void AppCodes::make_room(const wire::UserId& user) {
  const auto now = clock_.now();
  std::erase_if(issued_, [now](const auto& entry) { return now - entry.second.at >= kCodeTime; });
  const auto own = std::count_if(issued_.begin(), issued_.end(),
                                 [&user](const auto& entry) { return entry.second.ticket.user == user; });
  if (static_cast<std::size_t>(own) >= kCodesPerUser) drop_oldest(&user);
  if (issued_.size() >= kMostCodes) drop_oldest(nullptr);
}

void AppCodes::drop_oldest(const wire::UserId* user) {
  auto oldest = issued_.end();
  for (auto entry = issued_.begin(); entry != issued_.end(); ++entry) {
    if (user != nullptr && entry->second.ticket.user != *user) continue;
    if (oldest == issued_.end() || entry->second.number < oldest->second.number) oldest = entry;
  }
  if (oldest != issued_.end()) issued_.erase(oldest);
}

}  // namespace server
