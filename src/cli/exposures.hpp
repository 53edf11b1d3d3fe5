/// Which exposure a person means, and what is told about it.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "cli/api.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "io/task.hpp"
#include "wire/ids.hpp"

namespace cli {

/// "/sessions/ses_…/expose", behind the API's prefix.
[[nodiscard]] std::string exposures_path(const wire::SessionId& id);

/// The exposure of that port or name; with `wanted` empty the only one that a browser opens. `session` is
/// what the person called the session, for the advice. Fails with not_found, or conflict naming the choices.
[[nodiscard]] base::Result<json::object> match_exposure(const std::vector<json::object>& exposures,
                                                        const std::string& wanted,
                                                        const std::string& session);

/// The same among the session's exposures.
io::Task<base::Result<json::object>> find_exposure(Api& api, wire::SessionId id, std::string wanted,
                                                   std::string session);

/// `urls` of an exposure, one a line: the one to click comes first.
void print_urls(Output& output, const json::object& exposure);

/// "private", "public tcp", "private, inactive"; "" where there is no exposure.
[[nodiscard]] std::string exposed_text(const json::object& exposure);

/// "helix expose hello 8000" from "expose", "hello" and "8000"; in a session its name is left out.
[[nodiscard]] std::string command_line(const std::string& command, const std::string& session,
                                       const std::string& rest);

}  // namespace cli
