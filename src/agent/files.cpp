#include "agent/files.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "agent/descriptor.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using base::fail;

tl::unexpected<base::Error> failed(const std::string& what) {
  const auto code = errno == ENOSPC || errno == EDQUOT ? ErrorCode::unavailable : ErrorCode::internal;
  return fail(code, what + ": " + std::strerror(errno));
}

}  // namespace

base::Result<void> replace_file(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  auto temporary = path;
  temporary += ".new";
  return place_file(temporary, path, content, mode);
}

base::Result<void> place_file(const std::filesystem::path& staged, const std::filesystem::path& path,
                              std::string_view content, mode_t mode) {
  {
    const Descriptor file(
        ::open(staged.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (file.get() < 0) return failed("cannot write " + staged.string());
    if (::fchmod(file.get(), mode) != 0) return failed("cannot set the mode of " + staged.string());
    while (!content.empty()) {
      const auto size = ::write(file.get(), content.data(), content.size());
      if (size < 0) return failed("cannot write " + staged.string());
      content.remove_prefix(static_cast<std::size_t>(size));
    }
    if (::fsync(file.get()) != 0) return failed("cannot write " + staged.string());
  }
  if (::rename(staged.c_str(), path.c_str()) != 0) return failed("cannot replace " + path.string());
  return {};
}

base::Result<std::string> read_file(const std::filesystem::path& path, std::size_t most_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return fail(ErrorCode::not_found, "there is no " + path.string());
    return failed("cannot read " + path.string());
  }
  std::string content;
  std::string buffer(16 * 1024, '\0');
  for (;;) {
    const auto size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0) return failed("cannot read " + path.string());
    if (size == 0) return content;
    content.append(buffer, 0, static_cast<std::size_t>(size));
    if (content.size() > most_bytes) {
      return fail(ErrorCode::too_large,
                  path.string() + " is longer than " + std::to_string(most_bytes) + " bytes");
    }
  }
}

base::Result<wire::DiskUsage> disk_usage(const std::filesystem::path& path) {
  struct statvfs figures{};
  if (::statvfs(path.c_str(), &figures) != 0) return failed("cannot read how full " + path.string() + " is");
  const std::uint64_t block = figures.f_frsize;
  return wire::DiskUsage{path.string(), block * figures.f_blocks, block * figures.f_bavail};
}

MemoryUsage parse_meminfo(std::string_view text) {
  const auto bytes_of = [text](std::string_view key) -> std::uint64_t {
    const auto at = text.find(key);
    if (at == std::string_view::npos) return 0;
    const auto start = text.find_first_of("0123456789", at + key.size());
    if (start == std::string_view::npos) return 0;
    std::uint64_t kib = 0;
    std::from_chars(text.data() + start, text.data() + text.size(), kib);
    return kib * 1024;
  };
  return {bytes_of("MemTotal:"), bytes_of("MemAvailable:")};
}

MemoryUsage memory_usage() {
  constexpr std::size_t kMost = 64 * 1024;
  const auto text = read_file("/proc/meminfo", kMost);
  return text ? parse_meminfo(*text) : MemoryUsage{};
}

}  // namespace agent
