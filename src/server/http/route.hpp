/// A route: what it matches, who may call it, what it needs, who handles it. There is no other way to a
/// handler.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"
#include "io/http/message.hpp"
#include "io/http/router.hpp"
#include "io/http/server.hpp"
#include "server/auth/access.hpp"
#include "server/auth/principal.hpp"
#include "store/session_store.hpp"

namespace server {

/// One authorised request.
struct Call {
  const wire::RequestHead& head;
  std::string peer;  // the client's address; see gateway/client_side.hpp
  io::http::PathParams params;
  Principal caller;
  std::optional<store::SessionRecord> session;  // of Scope::session
  std::optional<wire::SandboxId> sandbox;       // of Scope::sandbox
  std::optional<wire::KeyId> key;               // of Scope::api_key
  std::string body;
  std::string scheme = "http";  // as the client spoke
  std::string base_url;         // where this client reaches us, without a slash at the end
  std::string request_id;
  bool key_in_authorization = false;  // our key came in the Authorization field
  base::Log log;

  [[nodiscard]] bool https() const { return scheme == "https"; }
};

/// What `{id}` of the pattern names. The dispatcher parses it, finds it and checks whose it is.
enum class Scope {
  none,
  session,   // found in the store; another owner's is 404
  exposure,  // looked for, and that is all: the handler asks gateway/admission
  sandbox,   // parsed only: 404 when it could be none
  api_key    // found in the store; another owner's is 404
};

enum class BodyKind {
  none,      // not read
  optional,  // JSON or nothing
  json
};

using Handler = std::function<io::Task<base::Result<io::http::Response>>(Call&)>;
/// For answers that are streamed, or connections that are taken over.
using StreamHandler = std::function<io::Task<void>(io::http::Exchange&, Call&)>;

struct Route {
  std::string method;
  std::string pattern;
  Access access;
  Scope scope = Scope::none;
  BodyKind body = BodyKind::none;
  bool websocket = false;  // 426 for what is no upgrade
  Handler handler = {};
  StreamHandler stream = {};  // instead of handler
};

}  // namespace server
