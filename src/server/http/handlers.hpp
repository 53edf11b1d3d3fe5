/// Handlers of the API: translation between HTTP and the features, nothing else. The routes are in
/// routes.cpp.
#pragma once

#include <functional>
#include <string>

#include "server/auth/attempts.hpp"
#include "server/auth/people.hpp"
#include "server/expose/exposures.hpp"
#include "server/gateway/options.hpp"
#include "server/http/proxy_handlers.hpp"
#include "server/http/route.hpp"
#include "server/http/sharing_handlers.hpp"
#include "server/remote/runners.hpp"
#include "server/sandboxes/sandboxes.hpp"
#include "server/sessions/live_streams.hpp"
#include "server/sessions/session_service.hpp"
#include "tunnel/hub.hpp"

namespace server {

using Answer = io::Task<base::Result<io::http::Response>>;

class SessionHandlers {
 public:
  SessionHandlers(SessionService& sessions, Exposures& exposures)
      : sessions_(sessions), exposures_(exposures) {}
  Answer list(Call& call);
  Answer create(Call& call);
  Answer get(Call& call);
  Answer stop(Call& call);
  Answer start(Call& call);
  Answer remove(Call& call);

 private:
  [[nodiscard]] boost::json::object to_json(const store::SessionRecord& session, const Call& call);
  [[nodiscard]] io::http::Response transition(const SessionService::Transition& done, const Call& call);

  SessionService& sessions_;
  Exposures& exposures_;
};

class ExposureHandlers {
 public:
  explicit ExposureHandlers(Exposures& exposures) : exposures_(exposures) {}
  Answer list(Call& call);
  Answer add(Call& call);
  Answer remove(Call& call);

 private:
  Exposures& exposures_;
};

/// Streams into sessions and sandboxes.
class StreamHandlers {
 public:
  StreamHandlers(SessionService& sessions, Sandboxes& sandboxes, Runners& runners, LiveStreams& streams)
      : sessions_(sessions), sandboxes_(sandboxes), runners_(runners), streams_(streams) {}
  io::Task<void> exec(io::http::Exchange& exchange, Call& call);
  io::Task<void> session_logs(io::http::Exchange& exchange, Call& call);
  io::Task<void> sandbox_logs(io::http::Exchange& exchange, Call& call);

 private:
  io::Task<void> write_logs(io::http::Exchange& exchange, Call& call, std::string query);
  io::Task<void> copy_container_log(io::http::Exchange& exchange, Call& call, std::string query);

  SessionService& sessions_;
  Sandboxes& sandboxes_;
  Runners& runners_;
  LiveStreams& streams_;
};

class SandboxHandlers {
 public:
  SandboxHandlers(Sandboxes& sandboxes, tunnel::Hub& hub) : sandboxes_(sandboxes), hub_(hub) {}
  Answer list(Call& call);
  Answer get(Call& call);
  Answer remove(Call& call);
  Answer enrol(Call& call);
  Answer free_name(Call& call);
  Answer heartbeat(Call& call);
  Answer drain(Call& call);
  io::Task<void> revdial(io::http::Exchange& exchange, Call& call);

 private:
  Sandboxes& sandboxes_;
  tunnel::Hub& hub_;
};

class PeopleHandlers {
 public:
  PeopleHandlers(People& people, LiveStreams& streams, Attempts& attempts, std::string public_url)
      : people_(people), streams_(streams), attempts_(attempts), public_url_(std::move(public_url)) {}
  Answer list_keys(Call& call);
  Answer create_key(Call& call);
  Answer remove_key(Call& call);
  Answer list_users(Call& call);
  Answer create_user(Call& call);
  Answer remove_user(Call& call);
  Answer me(Call& call);
  Answer log_in(Call& call);
  Answer log_out(Call& call);

 private:
  People& people_;
  LiveStreams& streams_;
  Attempts& attempts_;
  std::string public_url_;
};

/// What a client may know before it logs in.
struct ServerFacts {
  std::string version;
  std::string dev_subdomain = "localhost";
  std::optional<PortRange> ports;  // that exposures are given; nothing: none are
  std::int64_t head_bytes = 0;
  std::int64_t head_fields = 0;
  std::int64_t target_bytes = 0;
  std::int64_t body_bytes = 0;
  std::int64_t head_seconds = 0;
  std::int64_t idle_seconds = 0;
};

class ServerHandlers {
 public:
  /// Tells of each part "ok" or what is wrong.
  using Checks = std::function<io::Task<std::map<std::string, std::string>>()>;

  ServerHandlers(ServerFacts facts, SessionService& sessions, Exposures& exposures, Sandboxes& sandboxes,
                 Checks checks)
      : facts_(std::move(facts)),
        sessions_(sessions),
        exposures_(exposures),
        sandboxes_(sandboxes),
        checks_(std::move(checks)) {}
  Answer config(Call& call);
  Answer health(Call& call);
  Answer ready(Call& call);

 private:
  ServerFacts facts_;
  SessionService& sessions_;
  Exposures& exposures_;
  Sandboxes& sandboxes_;
  Checks checks_;
};

struct Handlers {
  SessionHandlers& sessions;
  ExposureHandlers& exposures;
  StreamHandlers& streams;
  SandboxHandlers& sandboxes;
  PeopleHandlers& people;
  ServerHandlers& server;
  SharingHandlers& sharing;
  ProxyHandlers& proxy;
};

/// The authorisation table: every route there is, and who may call it.
[[nodiscard]] std::vector<Route> make_routes(Handlers handlers);

}  // namespace server
