/// Waits until a session has done what it was told to, and shows meanwhile how far it is.
#pragma once

#include <chrono>

#include "base/error.hpp"
#include "cli/context.hpp"
#include "cli/json.hpp"
#include "io/task.hpp"
#include "wire/ids.hpp"

namespace cli {

/// Longest wait unless --timeout says otherwise. Chosen: a first start pulls an image.
inline constexpr std::chrono::seconds kDefaultWait{600};

/// The session once it is neither starting nor stopping. A server that is away for a while is waited for.
/// Fails with timed_out after `limit`; with peer_closed and context.interrupted when the person
/// interrupts it (Ctrl-C), which leaves the session alone; both say how to go on. Otherwise as the API fails.
io::Task<base::Result<json::object>> wait_until_settled(Context& context, Api& api, wire::SessionId id,
                                                        std::chrono::seconds limit);

/// The same, and a session that is not running then is a failure: unavailable, with its reason and what to
/// do.
io::Task<base::Result<json::object>> wait_until_running(Context& context, Api& api, wire::SessionId id,
                                                        std::chrono::seconds limit);

}  // namespace cli
