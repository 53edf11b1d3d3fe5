#include "server/sessions/live_streams.hpp"

#include <algorithm>
#include <vector>

namespace server {
namespace {

bool same(const std::optional<store::TokenHash>& a, const store::TokenHash& b) {
  return a && a->bytes == b.bytes;
}

}  // namespace

StreamTies::StreamTies(wire::SessionId of, const Principal& caller)
    : session(std::move(of)), key(caller.key), login(caller.login) {
  if (caller.user) user = caller.user->id;
}

LiveStreams::Hold::Hold(LiveStreams& owner, StreamTies ties, std::function<void()> close) : owner_(owner) {
  auto session = ties.session;
  Entry entry{std::move(ties), std::move(close)};
  entry_ = owner_.open_.emplace(std::move(session), std::move(entry));
}

void LiveStreams::end_if(const std::function<bool(const StreamTies&)>& is_over) {
  // Copied first: closing may end a stream's task, which takes its entry away, or another's.
  std::vector<std::function<void()>> closing;
  for (auto& [session, entry] : open_) {
    if (is_over(entry.ties)) closing.push_back(entry.close);
  }
  for (const auto& close : closing) close();
}

void LiveStreams::end(const wire::SessionId& session) {
  end_if([&session](const StreamTies& ties) { return ties.session == session; });
  runners_.drop(wire::desktop_runner(session));
}

void LiveStreams::end_port(const wire::SessionId& session, std::uint16_t port) {
  end_if([&](const StreamTies& ties) { return ties.session == session && ties.port == port; });
}

void LiveStreams::end_share_link(const wire::ShareLinkId& link) {
  end_if([&link](const StreamTies& ties) { return ties.share == link; });
}

void LiveStreams::end_visitor(const wire::SessionId& session, const wire::UserId& user) {
  end_if([&](const StreamTies& ties) { return ties.session == session && ties.user == user; });
}

void LiveStreams::end_user(const wire::UserId& user) {
  end_if([&user](const StreamTies& ties) { return ties.user == user; });
}

void LiveStreams::end_key(const wire::KeyId& key) {
  end_if([&key](const StreamTies& ties) { return ties.key == key; });
}

void LiveStreams::end_login(const store::TokenHash& login) {
  end_if([&login](const StreamTies& ties) { return same(ties.login, login); });
}

void LiveStreams::end_dead_logins(const std::function<bool(const store::TokenHash&)>& lives) {
  end_if([&lives](const StreamTies& ties) { return ties.login && !lives(*ties.login); });
}

}  // namespace server
