/// Small files of ours: replaced in one step, read with a limit; how full disk and memory are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/error.hpp"
#include "wire/dev_container.hpp"

namespace agent {

/// A reader sees the old content or the new, never a part. Writes beside `path`, so only for directories that
/// nobody else writes to. Fails with unavailable (disk full) or internal.
[[nodiscard]] base::Result<void> replace_file(const std::filesystem::path& path, std::string_view content,
                                              mode_t mode);
/// The same for a directory that others write to: `staged`, on the same file system, is written and renamed
/// to `path`. Nothing that lies at `path` is opened or followed; a directory there is a failure.
[[nodiscard]] base::Result<void> place_file(const std::filesystem::path& staged,
                                            const std::filesystem::path& path, std::string_view content,
                                            mode_t mode);

/// Fails with not_found, too_large or internal.
[[nodiscard]] base::Result<std::string> read_file(const std::filesystem::path& path, std::size_t most_bytes);

/// Of the file system that `path` lies on. Fails with internal.
[[nodiscard]] base::Result<wire::DiskUsage> disk_usage(const std::filesystem::path& path);

struct MemoryUsage {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // what programs could have without swapping
};
/// Of the machine; zeros where it cannot be read.
[[nodiscard]] MemoryUsage memory_usage();
/// The same from the text of /proc/meminfo.
[[nodiscard]] MemoryUsage parse_meminfo(std::string_view text);

}  // namespace agent
