/// Connections that run into sessions, so that they end when the session's access ends.
#pragma once

#include <functional>
#include <map>

#include "server/remote/runners.hpp"
#include "wire/ids.hpp"

namespace server {

/// One loop.
class LiveStreams {
 public:
  explicit LiveStreams(Runners& runners) : runners_(runners) {}
  LiveStreams(const LiveStreams&) = delete;
  LiveStreams& operator=(const LiveStreams&) = delete;

  /// Registered until it goes.
  class Hold {
   public:
    Hold(LiveStreams& owner, const wire::SessionId& session, std::function<void()> close)
        : owner_(owner), entry_(owner.open_.emplace(session, std::move(close))) {}
    ~Hold() { owner_.open_.erase(entry_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    LiveStreams& owner_;
    std::multimap<wire::SessionId, std::function<void()>>::iterator entry_;
  };

  /// Ends the session's streams and its bridge's tunnel.
  void end(const wire::SessionId& session);
  [[nodiscard]] std::size_t count(const wire::SessionId& session) const { return open_.count(session); }

 private:
  Runners& runners_;
  std::multimap<wire::SessionId, std::function<void()>> open_;
};

}  // namespace server
