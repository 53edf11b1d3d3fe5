/// What is mounted where: the check that Docker's data lie on a real filesystem, and remounting read-write.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace nest {

/// One line of /proc/self/mountinfo.
struct Mount {
  std::string point;  // escapes (\040) undone
  std::string type;   // "btrfs", "overlay", "cgroup"
  std::string source;
  bool read_only = false;  // of the mount, not of the filesystem
  std::string super_options;
};

/// In the order of the file: a later mount on the same point covers an earlier one.
[[nodiscard]] std::vector<Mount> parse_mountinfo(std::string_view text);
[[nodiscard]] std::vector<Mount> read_mounts();

/// Docker's data root must be a mount point of its own on a filesystem that carries overlayfs. Fails with
/// invalid_argument saying what was found and what to mount; returns the filesystem's type.
[[nodiscard]] base::Result<std::string> check_data_root(const std::vector<Mount>& mounts,
                                                        const std::filesystem::path& data_root);

/// mount -o remount,bind,rw. Fails with forbidden.
[[nodiscard]] base::Result<void> remount_writable(const std::filesystem::path& point);

}  // namespace nest
