#include "cli/context.hpp"

#include <optional>

#include "cli/config_file.hpp"

namespace cli {

base::Result<Settings> load_settings(const Context& context) {
  std::optional<Config> login;
  // Without a home the environment alone must do.
  if (const auto path = config_path(context.environment)) {
    auto read = read_config(*path);
    if (!read) return tl::unexpected(read.error());
    login = std::move(*read);
  }
  return resolve_settings(context.environment, login);
}

bool skips_verification(const Context& context) {
  return context.options.insecure_skip_verify ||
         context.environment.find("HELIX_TLS_INSECURE_SKIP_VERIFY") == "true";
}

base::Result<std::unique_ptr<Api>> connect_api(const Context& context) {
  const auto settings = load_settings(context);
  if (!settings) return tl::unexpected(settings.error());
  return Api::make(*settings, skips_verification(context));
}

}  // namespace cli
