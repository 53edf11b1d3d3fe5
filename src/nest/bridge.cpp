#include "nest/bridge.hpp"

#include <charconv>
#include <cstdio>

#include <net/if.h>

#include "io/process.hpp"
#include "nest/text_file.hpp"

namespace nest {
namespace {

constexpr std::chrono::milliseconds kLimit{10'000};

io::Task<base::Result<std::string>> ip(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "ip");
  auto result = co_await io::run_command(std::move(arguments), kLimit);
  if (!result) co_return tl::unexpected(result.error());
  if (result->status == 0) co_return std::move(result->out);
  const bool denied = result->err.find("not permitted") != std::string::npos;
  co_return base::fail(denied ? base::ErrorCode::forbidden : base::ErrorCode::internal, "ip: " + result->err);
}

std::string mac_of(const Level& level) {
  const std::uint32_t address = level.bridge_address();
  char text[18];
  std::snprintf(text, sizeof text, "02:42:%02x:%02x:%02x:%02x", address >> 24U, (address >> 16U) & 255U,
                (address >> 8U) & 255U, address & 255U);
  return text;
}

int mtu_of(const std::string& name) {
  const auto text = read_text_file("/sys/class/net/" + name + "/mtu", 32);
  int mtu = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), mtu);
  return mtu;
}

}  // namespace

// Not by /sys, which shows the namespace in which it was mounted.
bool interface_exists(const std::string& name) { return if_nametoindex(name.c_str()) != 0; }

io::Task<base::Result<bool>> ensure_bridge(std::string name, Level level, int mtu) {
  const bool missing = !interface_exists(name);
  if (missing) {
    const std::vector<std::string> add = {"link",    "add",         "name", name,
                                          "address", mac_of(level), "type", "bridge"};
    const auto made = co_await ip(add);
    if (!made) co_return tl::unexpected(made.error());
  }
  const std::vector<std::string> show = {"-o", "-4", "addr", "show", "dev", name};
  const auto shown = co_await ip(show);
  if (!shown) co_return tl::unexpected(shown.error());
  if (shown->find(" " + level.bridge_cidr() + " ") == std::string::npos) {
    const std::vector<std::string> address = {"addr", "add", level.bridge_cidr(), "dev", name};
    const auto added = co_await ip(address);
    if (!added) co_return tl::unexpected(added.error());
  }
  std::vector<std::string> up = {"link", "set", "dev", name, "up"};
  if (mtu_of(name) != mtu) up.insert(up.end(), {"mtu", std::to_string(mtu)});
  const auto raised = co_await ip(up);
  if (!raised) co_return tl::unexpected(raised.error());
  co_return missing;
}

}  // namespace nest
