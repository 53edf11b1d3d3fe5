#include <array>

#include "io/process.hpp"
#include "nest/docker_daemon.hpp"

namespace nest {
namespace {

constexpr std::chrono::milliseconds kLimit{10'000};

/// Listing the NAT table loads what the back end needs and fails where the kernel has it not.
io::Task<bool> works(std::string program) {
  const std::vector<std::string> argv = {std::move(program), "-w", "5", "-t", "nat", "-nL"};
  const auto result = co_await io::run_command(argv, kLimit);
  co_return result && result->status == 0;
}

base::Result<std::string> link_back_end(const std::filesystem::path& link_dir, const std::string& back_end) {
  std::error_code error;
  std::filesystem::create_directories(link_dir, error);
  for (const std::string family : {"iptables", "ip6tables"}) {
    for (const std::string suffix : {"", "-save", "-restore"}) {
      const auto link = link_dir / (family + suffix);
      std::filesystem::remove(link, error);
      std::filesystem::create_symlink("/usr/sbin/" + family + "-" + back_end + suffix, link, error);
      if (error)
        return base::fail(base::ErrorCode::internal, "cannot make " + link.string() + ": " + error.message());
    }
  }
  return link_dir.string();
}

}  // namespace

io::Task<base::Result<std::string>> probe_iptables(std::filesystem::path link_dir) {
  const bool by_default = co_await works("iptables");
  if (by_default) co_return std::string();
  for (const std::string back_end : {"nft", "legacy"}) {
    const bool this_one = co_await works("iptables-" + back_end);
    if (this_one) co_return link_back_end(link_dir, back_end);
  }
  co_return base::fail(
      base::ErrorCode::unavailable,
      "neither iptables-nft nor iptables-legacy works here; does this container hold NET_ADMIN?");
}

}  // namespace nest
