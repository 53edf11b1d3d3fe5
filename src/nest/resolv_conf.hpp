/// The level's own resolv.conf: read by its DNS forwarder, so single-label names must survive it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace nest {

/// The text without the option ndots:0, which Docker writes on user networks; everything else as it was.
[[nodiscard]] std::string without_ndots_zero(std::string_view resolv_conf);

/// Addresses on `nameserver` lines.
[[nodiscard]] std::vector<std::string> nameservers(std::string_view resolv_conf);

/// Rewrites the file in place (it is a bind mount: rename fails), only where it changes. Fails with internal.
[[nodiscard]] base::Result<void> rewrite_resolv_conf(const std::filesystem::path& path = "/etc/resolv.conf");

}  // namespace nest
