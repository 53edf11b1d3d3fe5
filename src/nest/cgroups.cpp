#include "nest/cgroups.hpp"

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <string>

#include <sys/stat.h>

#include "nest/text_file.hpp"

namespace nest {
namespace {

using base::ErrorCode;
using base::fail;

constexpr const char* kCgroupRoot = "/sys/fs/cgroup";

/// Rounds of moving processes: each finds only those that were forked during the one before. Chosen.
constexpr int kMoveRounds = 50;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// A kernel thread or a process that ended meanwhile cannot be moved and need not be.
base::Result<void> move_processes(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (int round = 0; round < kMoveRounds; ++round) {
    const auto pids = words_of(read_text_file(from / "cgroup.procs").value_or(""));
    if (pids.empty()) return {};
    base::Result<void> moved;
    bool any = false;
    for (const std::string& pid : pids) {
      auto written = write_text_file(to / "cgroup.procs", pid);
      if (written)
        any = true;
      else if (std::filesystem::exists("/proc/" + pid))
        moved = written;
    }
    if (!any && !moved) return moved;
  }
  return fail(ErrorCode::unavailable, "processes keep appearing in " + from.string());
}

base::Result<void> prepare_v1(const std::vector<Mount>& mounts) {
  for (const Mount& mount : mounts) {
    if (mount.type != "cgroup" || !mount.point.starts_with(kCgroupRoot) || !mount.read_only) continue;
    if (auto done = remount_writable(mount.point); !done) return done;
  }
  return {};
}

}  // namespace

base::Result<void> delegate_cgroup_v2(const std::filesystem::path& root) {
  const auto available = read_text_file(root / "cgroup.controllers");
  if (!available)
    return fail(ErrorCode::unavailable, root.string() + " has no cgroup.controllers: not a cgroup v2");

  // The machine's own root has no cgroup.type; there processes and controllers may be together.
  if (std::filesystem::exists(root / "cgroup.type")) {
    const std::filesystem::path leaf = root / "init";
    if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST)
      return fail(ErrorCode::forbidden, "cannot make the cgroup " + leaf.string());
    if (auto moved = move_processes(root, leaf); !moved) return moved;
  }

  const auto enabled = words_of(read_text_file(root / "cgroup.subtree_control").value_or(""));
  for (const std::string& controller : words_of(*available)) {
    if (std::find(enabled.begin(), enabled.end(), controller) != enabled.end()) continue;
    if (auto done = write_text_file(root / "cgroup.subtree_control", "+" + controller); !done) return done;
  }
  return {};
}

base::Result<CgroupVersion> prepare_cgroups(const std::vector<Mount>& mounts) {
  const auto at_root = [](const Mount& mount) { return mount.point == kCgroupRoot; };
  const auto root = std::find_if(mounts.rbegin(), mounts.rend(), at_root);
  if (root == mounts.rend()) return fail(ErrorCode::unavailable, "nothing is mounted at /sys/fs/cgroup");

  if (root->type != "cgroup2") {
    if (auto done = prepare_v1(mounts); !done) return tl::unexpected(done.error());
    return CgroupVersion::v1;
  }
  if (root->read_only) {
    if (auto done = remount_writable(kCgroupRoot); !done) return tl::unexpected(done.error());
  }
  if (auto done = delegate_cgroup_v2(kCgroupRoot); !done) return tl::unexpected(done.error());
  return CgroupVersion::v2;
}

}  // namespace nest
