// The authorisation table. Compared with api/openapi.yaml by a test, walked with every kind of credential by
// another.
#include "server/http/handlers.hpp"

namespace server {
namespace {

constexpr auto kAnonymous = Access::anonymous;
constexpr auto kUser = Access::user;
constexpr auto kAdmin = Access::admin;
constexpr auto kOwner = Access::owner;
constexpr auto kSession = Access::session;
constexpr auto kSandbox = Access::sandbox;
constexpr auto kEnrolment = Access::enrolment;

template <class Owner>
Handler to(Owner& owner, Answer (Owner::*member)(Call&)) {
  return [&owner, member](Call& call) { return (owner.*member)(call); };
}

template <class Owner>
StreamHandler stream_to(Owner& owner, io::Task<void> (Owner::*member)(io::http::Exchange&, Call&)) {
  return
      [&owner, member](io::http::Exchange& exchange, Call& call) { return (owner.*member)(exchange, call); };
}

constexpr auto kJson = BodyKind::json;
constexpr auto kMaybeJson = BodyKind::optional;
constexpr auto kNone = BodyKind::none;

// One line a route: it is read as a table.
// clang-format off
void add_session_routes(std::vector<Route>& out, Handlers h) {
  using S = SessionHandlers;
  auto& sessions = h.sessions;
  const std::string all = "/api/v1/sessions";
  const std::string one = "/api/v1/sessions/{id}";
  out.push_back({"GET", all, {kUser, kAdmin, kSession}, Scope::none, kNone, false, to(sessions, &S::list)});
  out.push_back({"POST", all, {kUser, kAdmin}, Scope::none, kJson, false, to(sessions, &S::create)});
  out.push_back({"GET", one, {kOwner, kAdmin, kSession}, Scope::session, kNone, false, to(sessions, &S::get)});
  out.push_back({"DELETE", one, {kOwner, kAdmin}, Scope::session, kNone, false, to(sessions, &S::remove)});
  out.push_back({"POST", one + "/stop", {kOwner, kAdmin}, Scope::session, kMaybeJson, false, to(sessions, &S::stop)});
  out.push_back({"POST", one + "/start", {kOwner, kAdmin}, Scope::session, kMaybeJson, false, to(sessions, &S::start)});

  using E = ExposureHandlers;
  auto& exposures = h.exposures;
  const Access inner{kOwner, kSession};
  out.push_back({"GET", one + "/expose", inner, Scope::session, kNone, false, to(exposures, &E::list)});
  out.push_back({"POST", one + "/expose", inner, Scope::session, kJson, false, to(exposures, &E::add)});
  out.push_back({"DELETE", one + "/expose/{port}", inner, Scope::session, kNone, false, to(exposures, &E::remove)});
  using X = ProxyHandlers;
  const Access exposed{Access::exposure};
  out.push_back({"ANY", one + "/proxy/{port}/*", exposed, Scope::exposure, kNone, false, {}, stream_to(h.proxy, &X::proxy)});
  out.push_back({"ANY", one + "/proxy/{port}", exposed, Scope::exposure, kNone, false, to(h.proxy, &X::add_slash)});
  out.push_back({"GET", "/api/v1/gateway/authorize", {kAnonymous}, Scope::none, kNone, false, to(h.proxy, &X::authorize)});

  using H = SharingHandlers;
  auto& sharing = h.sharing;
  // With its session's key a program may expose a port to everybody, so it may do the lesser thing too. Who is
  // invited to the session itself is its owner's to say.
  const Access all_inner{kOwner, kAdmin, kSession};
  const Access over{kOwner, kAdmin};
  const std::string links = one + "/expose/{port}/share-links";
  out.push_back({"GET", links, all_inner, Scope::session, kNone, false, to(sharing, &H::list_links)});
  out.push_back({"POST", links, all_inner, Scope::session, kMaybeJson, false, to(sharing, &H::create_link)});
  out.push_back({"POST", links + "/{link}/rotate", all_inner, Scope::session, kMaybeJson, false, to(sharing, &H::rotate_link)});
  out.push_back({"DELETE", links + "/{link}", all_inner, Scope::session, kNone, false, to(sharing, &H::remove_link)});
  out.push_back({"GET", one + "/invitations", over, Scope::session, kNone, false, to(sharing, &H::list_invited)});
  out.push_back({"POST", one + "/invitations", over, Scope::session, kJson, false, to(sharing, &H::invite)});
  out.push_back({"DELETE", one + "/invitations/{user}", over, Scope::session, kNone, false, to(sharing, &H::uninvite)});
  out.push_back({"GET", one + "/ports", all_inner, Scope::session, kNone, false, to(sharing, &H::list_ports)});

  using T = StreamHandlers;
  auto& streams = h.streams;
  out.push_back({"GET", one + "/logs", inner, Scope::session, kNone, false, {}, stream_to(streams, &T::session_logs)});
  out.push_back({"GET", one + "/exec", inner, Scope::session, kNone, true, {}, stream_to(streams, &T::exec)});
}

void add_sandbox_routes(std::vector<Route>& out, Handlers h) {
  using B = SandboxHandlers;
  auto& boxes = h.sandboxes;
  const std::string all = "/api/v1/sandboxes";
  const std::string one = "/api/v1/sandboxes/{id}";
  out.push_back({"GET", all, {kUser, kAdmin}, Scope::none, kNone, false, to(boxes, &B::list)});
  out.push_back({"GET", one, {kUser, kAdmin}, Scope::sandbox, kNone, false, to(boxes, &B::get)});
  out.push_back({"DELETE", one, {kAdmin}, Scope::sandbox, kNone, false, to(boxes, &B::remove)});
  out.push_back({"POST", one + "/enrol", {kEnrolment}, Scope::sandbox, kMaybeJson, false, to(boxes, &B::enrol)});
  out.push_back({"POST", one + "/re-enrol", {kAdmin}, Scope::sandbox, kMaybeJson, false, to(boxes, &B::free_name)});
  out.push_back({"POST", one + "/heartbeat", {kSandbox, kEnrolment}, Scope::sandbox, kJson, false, to(boxes, &B::heartbeat)});
  out.push_back({"POST", one + "/drain", {kAdmin}, Scope::sandbox, kMaybeJson, false, to(boxes, &B::drain)});
  out.push_back({"GET", one + "/logs", {kAdmin}, Scope::sandbox, kNone, true, {},
                 stream_to(h.streams, &StreamHandlers::sandbox_logs)});
  // Its handler says 426 itself: whether the runner may be claimed comes first.
  out.push_back({"GET", "/api/v1/revdial", {kSandbox, kSession, kEnrolment}, Scope::none, kNone, false, {},
                 stream_to(boxes, &B::revdial)});
}

void add_people_routes(std::vector<Route>& out, Handlers h) {
  using P = PeopleHandlers;
  auto& people = h.people;
  out.push_back({"GET", "/api/v1/api-keys", {kUser, kAdmin}, Scope::none, kNone, false, to(people, &P::list_keys)});
  out.push_back({"POST", "/api/v1/api-keys", {kUser, kAdmin}, Scope::none, kJson, false, to(people, &P::create_key)});
  out.push_back({"DELETE", "/api/v1/api-keys/{id}", {kOwner, kAdmin}, Scope::api_key, kNone, false, to(people, &P::remove_key)});
  out.push_back({"GET", "/api/v1/users", {kAdmin}, Scope::none, kNone, false, to(people, &P::list_users)});
  out.push_back({"POST", "/api/v1/users", {kAdmin}, Scope::none, kJson, false, to(people, &P::create_user)});
  out.push_back({"GET", "/api/v1/users/me", {kUser, kAdmin, kSession}, Scope::none, kNone, false, to(people, &P::me)});
  out.push_back({"DELETE", "/api/v1/users/{id}", {kAdmin}, Scope::none, kNone, false, to(people, &P::remove_user)});
  out.push_back({"POST", "/api/v1/auth/session", {kAnonymous}, Scope::none, kJson, false, to(people, &P::log_in)});
  out.push_back({"DELETE", "/api/v1/auth/session", {kAnonymous}, Scope::none, kNone, false, to(people, &P::log_out)});
}

void add_server_routes(std::vector<Route>& out, Handlers h) {
  using V = ServerHandlers;
  auto& server = h.server;
  out.push_back({"GET", "/api/v1/config", {kAnonymous}, Scope::none, kNone, false, to(server, &V::config)});
  for (const std::string prefix : {"", "/api/v1"}) {
    out.push_back({"GET", prefix + "/health", {kAnonymous}, Scope::none, kNone, false, to(server, &V::health)});
    out.push_back({"GET", prefix + "/ready", {kAnonymous}, Scope::none, kNone, false, to(server, &V::ready)});
  }
}

// clang-format on

}  // namespace

std::vector<Route> make_routes(Handlers handlers) {
  std::vector<Route> routes;
  add_session_routes(routes, handlers);
  add_sandbox_routes(routes, handlers);
  add_people_routes(routes, handlers);
  add_server_routes(routes, handlers);
  return routes;
}

}  // namespace server
