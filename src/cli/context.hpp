/// What a command has at hand while it runs.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/api.hpp"
#include "cli/args.hpp"
#include "cli/environment.hpp"
#include "cli/output.hpp"
#include "cli/settings.hpp"

namespace cli {

/// Outlives the command's task.
struct Context {
  const Environment& environment;
  const base::Clock& clock;
  Output& output;
  GlobalOptions options;
  int input = 0;             // descriptor of standard input
  bool interrupted = false;  // the person ended a wait; the exit status says so
};

/// Environment and login file together. Fails with malformed or unavailable where the file is broken.
[[nodiscard]] base::Result<Settings> load_settings(const Context& context);

/// By the option, or HELIX_TLS_INSECURE_SKIP_VERIFY=true (which a session has where its bridge needs it).
[[nodiscard]] bool skips_verification(const Context& context);

/// A client for them. Fails as load_settings() and Api::make() do.
[[nodiscard]] base::Result<std::unique_ptr<Api>> connect_api(const Context& context);

}  // namespace cli
