/// One JSON call to a runner's local HTTP server.
#pragma once

#include <chrono>
#include <string>

#include "base/error.hpp"
#include "io/task.hpp"
#include "server/remote/runners.hpp"

namespace server {

/// The body of a 2xx answer. Fails with unavailable, timed_out, or the error that the answer's problem
/// document tells.
io::Task<base::Result<std::string>> fetch_json(Runners& runners, std::string runner_id, std::string method,
                                               std::string target, std::string body,
                                               std::chrono::milliseconds limit);

}  // namespace server
