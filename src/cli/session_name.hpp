/// Which session a person means: an id, the beginning of one, or a name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/context.hpp"
#include "cli/json.hpp"
#include "io/task.hpp"
#include "wire/ids.hpp"

namespace cli {

/// The session whose name or id is `wanted`, else the only one whose id begins with it ("ses_" may be left
/// out). Fails with not_found, or conflict naming the candidates.
[[nodiscard]] base::Result<wire::SessionId> match_session(const std::vector<json::object>& sessions,
                                                          const std::string& wanted);

/// The same among the caller's sessions; a whole id is taken as it is, without asking the server.
io::Task<base::Result<wire::SessionId>> find_session(Api& api, std::string wanted);

/// The same; with `wanted` empty, the session that this program runs in. Fails with invalid_argument outside
/// of one.
io::Task<base::Result<wire::SessionId>> find_session_or_own(const Context& context, Api& api,
                                                            std::string wanted);

/// "[SESSION] PORT" as two words, of which the first may be missing.
struct SessionAndPort {
  std::string session;  // empty: our own
  std::int64_t port = 0;
};

/// Fails with invalid_argument when the last word is no port.
[[nodiscard]] base::Result<SessionAndPort> parse_session_and_port(const std::string& first,
                                                                  const std::string& second);

}  // namespace cli
