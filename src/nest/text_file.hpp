/// Small files of /proc, /sys and /etc, read and written whole.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace nest {

/// nullopt when it cannot be read. At most `most` bytes are read.
[[nodiscard]] std::optional<std::string> read_text_file(const std::filesystem::path& path,
                                                        std::size_t most = 4 * 1024 * 1024);
/// One write(2) into the existing or new file, in place, as /proc and bind mounts need it. Fails with
/// forbidden (EACCES, EPERM, EROFS) or internal; the message names the file.
[[nodiscard]] base::Result<void> write_text_file(const std::filesystem::path& path, std::string_view text);
/// A new file beside it, then rename(2): a reader sees the old or the new text. Fails with internal.
[[nodiscard]] base::Result<void> replace_text_file(const std::filesystem::path& path, std::string_view text,
                                                   unsigned mode = 0644);

}  // namespace nest
