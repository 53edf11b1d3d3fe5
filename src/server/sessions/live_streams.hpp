/// Connections that run into sessions, so that they end when what let them in ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "server/auth/principal.hpp"
#include "server/remote/runners.hpp"
#include "store/user_store.hpp"
#include "wire/ids.hpp"

namespace server {

/// What a stream hangs on; the end of any of it ends the stream.
struct StreamTies {
  StreamTies() = default;
  /// With nothing else, the stream is one that only the session's own end concerns.
  StreamTies(wire::SessionId of) : session(std::move(of)) {}  // NOLINT(google-explicit-constructor)
  /// The user, key and login of `caller`.
  StreamTies(wire::SessionId of, const Principal& caller);

  wire::SessionId session;                      // none: it is no session's
  std::optional<std::uint16_t> port;            // that it reaches, for streams to an app
  std::optional<wire::ShareLinkId> share;       // that let it in
  std::optional<wire::UserId> user;             // who came
  std::optional<wire::KeyId> key;               // that it came with, or that the browser logged in with
  std::optional<store::TokenHash> login;        // of the browser at the platform
  std::optional<std::chrono::seconds> at_most;  // until what let it in expires
};

/// One loop.
class LiveStreams {
 public:
  explicit LiveStreams(Runners& runners) : runners_(runners) {}
  LiveStreams(const LiveStreams&) = delete;
  LiveStreams& operator=(const LiveStreams&) = delete;

 private:
  struct Entry {
    StreamTies ties;
    std::function<void()> close;
  };
  using Entries = std::multimap<wire::SessionId, Entry>;

 public:
  /// Registered until it goes; `close` may be called more than once until then. `at_most` is the
  /// holder's to keep.
  class Hold {
   public:
    Hold(LiveStreams& owner, StreamTies ties, std::function<void()> close);
    ~Hold() { owner_.open_.erase(entry_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    LiveStreams& owner_;
    Entries::iterator entry_;
  };

  /// Ends the session's streams and its bridge's tunnel.
  void end(const wire::SessionId& session);
  /// Those that reach that port of it.
  void end_port(const wire::SessionId& session, std::uint16_t port);
  void end_share_link(const wire::ShareLinkId& link);
  /// Those of `user` into the session: no longer invited.
  void end_visitor(const wire::SessionId& session, const wire::UserId& user);
  void end_user(const wire::UserId& user);
  void end_key(const wire::KeyId& key);
  void end_login(const store::TokenHash& login);
  /// Those of logins for which `lives` is false.
  void end_dead_logins(const std::function<bool(const store::TokenHash&)>& lives);

  [[nodiscard]] std::size_t count(const wire::SessionId& session) const { return open_.count(session); }

 private:
  void end_if(const std::function<bool(const StreamTies&)>& is_over);

  Runners& runners_;
  Entries open_;
};

}  // namespace server
