#include "nest/mounts.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include <sys/mount.h>
#include <sys/statvfs.h>

#include "nest/text_file.hpp"

namespace nest {
namespace {

using base::ErrorCode;
using base::fail;

/// Filesystems that overlayfs cannot have as its upper layer, or that lose data when the container ends.
constexpr std::array<std::string_view, 12> kUnfit = {
    "overlay", "aufs", "nfs", "nfs4", "9p", "vfat", "cifs", "smb3", "proc", "ramfs", "sysfs", "fuse.sshfs"};

std::string unescape(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octal = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// A remount replaces all flags of a mount, so those that stay are said again.
unsigned long kept_flags(unsigned long now) {
  constexpr std::array<std::pair<unsigned long, unsigned long>, 4> kSame = {
      {{ST_NOSUID, MS_NOSUID}, {ST_NODEV, MS_NODEV}, {ST_NOEXEC, MS_NOEXEC}, {ST_RELATIME, MS_RELATIME}}};
  unsigned long flags = 0;
  for (const auto& [shown, wanted] : kSame) {
    if ((now & shown) != 0) flags |= wanted;
  }
  return flags;
}

bool has_option(const std::string& options, std::string_view wanted) {
  std::istringstream parts(options);
  std::string part;
  while (std::getline(parts, part, ',')) {
    if (part == wanted) return true;
  }
  return false;
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  std::istringstream lines{std::string(text)};
  std::string line;
  while (std::getline(lines, line)) {
    // 36 35 98:0 /root /point rw,noatime master:1 - type source super-options   (proc(5))
    const std::size_t separator = line.find(" - ");
    if (separator == std::string::npos) continue;
    std::istringstream front(line.substr(0, separator));
    std::istringstream back(line.substr(separator + 3));
    std::string skipped;
    std::string options;
    Mount mount;
    front >> skipped >> skipped >> skipped >> skipped >> mount.point >> options;
    back >> mount.type >> mount.source >> mount.super_options;
    if (!front || mount.type.empty()) continue;
    mount.point = unescape(mount.point);
    mount.read_only = has_option(options, "ro");
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

std::vector<Mount> read_mounts() {
  return parse_mountinfo(read_text_file("/proc/self/mountinfo").value_or(""));
}

base::Result<std::string> check_data_root(const std::vector<Mount>& mounts,
                                          const std::filesystem::path& data_root) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(data_root, error);
  const std::string point = error ? data_root.string() : real.string();
  const std::string advice =
      "; mount a volume or a directory of a real filesystem there, e.g. -v some-name:" + point;

  const auto found =
      std::find_if(mounts.rbegin(), mounts.rend(), [&](const Mount& mount) { return mount.point == point; });
  if (found == mounts.rend())
    return fail(ErrorCode::invalid_argument,
                point + " is not a mount point, and overlayfs does not stack" + advice);
  if (std::find(kUnfit.begin(), kUnfit.end(), found->type) != kUnfit.end())
    return fail(ErrorCode::invalid_argument,
                point + " lies on " + found->type + ", which cannot carry overlayfs" + advice);
  if (found->read_only) return fail(ErrorCode::invalid_argument, point + " is mounted read-only" + advice);
  return found->type;
}

base::Result<void> remount_writable(const std::filesystem::path& point) {
  // Without MS_BIND the flags of the filesystem would change, which the kernel refuses while it is in use.
  unsigned long flags = MS_REMOUNT | MS_BIND;
  struct statvfs now{};
  if (::statvfs(point.c_str(), &now) == 0) flags |= kept_flags(now.f_flag);
  if (::mount(nullptr, point.c_str(), nullptr, flags, nullptr) == 0) return {};
  return fail(ErrorCode::forbidden, "cannot make " + point.string() + " writable: " + std::strerror(errno) +
                                        "; does this container hold SYS_ADMIN?");
}

}  // namespace nest
