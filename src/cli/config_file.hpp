/// What `helix login` remembers: one server and the key for it, in a TOML file that only its owner can read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "cli/environment.hpp"

namespace cli {

struct Config {
  std::string url;
  base::Secret api_key;
};

/// $XDG_CONFIG_HOME/helix/config.toml, else ~/.config/helix/config.toml.
/// Fails with unavailable when neither XDG_CONFIG_HOME nor HOME is set.
[[nodiscard]] base::Result<std::filesystem::path> config_path(const Environment& environment);

/// nullopt when there is no file. Fails with malformed naming file and line, or unavailable.
[[nodiscard]] base::Result<std::optional<Config>> read_config(const std::filesystem::path& path);

/// Replaces the file in one step; mode 0600, in a directory made with 0700. Fails with unavailable.
[[nodiscard]] base::Result<void> write_config(const std::filesystem::path& path, const Config& config);

/// True when there was one. Fails with unavailable.
[[nodiscard]] base::Result<bool> remove_config(const std::filesystem::path& path);

}  // namespace cli
