#include "agent/network/links.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <unistd.h>

#include <boost/asio/use_awaitable.hpp>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "agent/descriptor.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using base::fail;

tl::unexpected<base::Error> failed(const std::string& what) {
  return fail(ErrorCode::internal, what + ": " + std::strerror(errno));
}

int open_netlink(int flags) { return ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE); }

using OnAttribute = std::function<void(std::uint16_t type, std::string_view value)>;

/// Walks the attributes in `bytes`; what does not fit ends it.
void for_each_attribute(std::string_view bytes, const OnAttribute& on_attribute) {
  while (bytes.size() >= sizeof(rtattr)) {
    rtattr header{};
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.rta_len < sizeof(header) || header.rta_len > bytes.size()) return;
    on_attribute(header.rta_type & NLA_TYPE_MASK,
                 bytes.substr(sizeof(header), header.rta_len - sizeof(header)));
    const std::size_t aligned = (header.rta_len + 3U) & ~std::size_t{3};
    bytes.remove_prefix(std::min(aligned, bytes.size()));
  }
}

template <class Number>
Number number_in(std::string_view value) {
  Number number{};
  if (value.size() >= sizeof(number)) std::memcpy(&number, value.data(), sizeof(number));
  return number;
}

std::string text_in(std::string_view value) { return std::string(value.substr(0, value.find('\0'))); }

Link decode_link(std::string_view payload) {
  ifinfomsg info{};
  std::memcpy(&info, payload.data(), sizeof(info));
  Link link;
  link.index = info.ifi_index;
  link.up = (info.ifi_flags & IFF_UP) != 0;
  for_each_attribute(payload.substr(sizeof(info)), [&link](std::uint16_t type, std::string_view value) {
    if (type == IFLA_IFNAME) link.name = text_in(value);
    if (type == IFLA_MASTER) link.master = number_in<std::int32_t>(value);
    if (type == IFLA_LINK_NETNSID) link.peer_namespace = number_in<std::int32_t>(value);
    if (type != IFLA_LINKINFO) return;
    for_each_attribute(value, [&link](std::uint16_t inner, std::string_view kind) {
      if (inner == IFLA_INFO_KIND) link.kind = text_in(kind);
    });
  });
  return link;
}

/// Calls `on_message` for each message of the answer; true once the answer is complete, or failed.
bool walk_messages(std::string_view bytes,
                   const std::function<bool(const nlmsghdr&, std::string_view)>& on_message) {
  while (bytes.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > bytes.size()) return true;
    if (on_message(header, bytes.substr(sizeof(header), header.nlmsg_len - sizeof(header)))) return true;
    const std::size_t aligned = (header.nlmsg_len + 3U) & ~std::size_t{3};
    bytes.remove_prefix(std::min(aligned, bytes.size()));
  }
  return false;
}

// Larger than any datagram the kernel sends for a dump (32 KiB).
using ReceiveBuffer = std::array<char, 64 * 1024>;

}  // namespace

base::Result<std::vector<Link>> read_links() {
  const Descriptor socket(open_netlink(0));
  if (socket.get() < 0) return failed("cannot open a netlink socket");
  struct {
    nlmsghdr header;
    ifinfomsg info;
  } request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  if (::send(socket.get(), &request, sizeof(request), 0) < 0) return failed("cannot ask for the interfaces");

  std::vector<Link> links;
  auto buffer = std::make_unique<ReceiveBuffer>();
  for (;;) {
    const auto size = ::recv(socket.get(), buffer->data(), buffer->size(), 0);
    if (size < 0) return failed("cannot read the interfaces");
    bool refused = false;
    const auto on_message = [&](const nlmsghdr& header, std::string_view payload) {
      refused = header.nlmsg_type == NLMSG_ERROR;
      if (header.nlmsg_type == NLMSG_DONE || refused) return true;
      if (header.nlmsg_type == RTM_NEWLINK && payload.size() >= sizeof(ifinfomsg))
        links.push_back(decode_link(payload));
      return false;
    };
    const bool complete =
        walk_messages(std::string_view(buffer->data(), static_cast<std::size_t>(size)), on_message);
    if (refused) return fail(ErrorCode::internal, "the kernel does not tell the interfaces");
    if (complete) return links;
  }
}

std::optional<std::int32_t> find_namespace_id(pid_t pid) {
  const Descriptor socket(open_netlink(0));
  if (socket.get() < 0) return std::nullopt;
  struct {
    nlmsghdr header;
    rtgenmsg message;
    std::array<char, 3> padding;
    rtattr attribute;
    std::uint32_t pid;
  } request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_GETNSID;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.attribute.rta_type = NETNSA_PID;
  request.attribute.rta_len = sizeof(request.attribute) + sizeof(request.pid);
  request.pid = static_cast<std::uint32_t>(pid);
  if (::send(socket.get(), &request, sizeof(request), 0) < 0) return std::nullopt;

  auto buffer = std::make_unique<ReceiveBuffer>();
  const auto size = ::recv(socket.get(), buffer->data(), buffer->size(), 0);
  if (size < 0) return std::nullopt;
  std::optional<std::int32_t> id;
  walk_messages(std::string_view(buffer->data(), static_cast<std::size_t>(size)),
                [&id](const nlmsghdr& header, std::string_view payload) {
                  if (header.nlmsg_type != RTM_NEWNSID || payload.size() < 4) return true;
                  for_each_attribute(payload.substr(4), [&id](std::uint16_t type, std::string_view value) {
                    if (type == NETNSA_NSID) id = number_in<std::int32_t>(value);
                  });
                  return true;
                });
  if (id && *id < 0) return std::nullopt;  // NETNSA_NSID_NOT_ASSIGNED
  return id;
}

base::Result<LinkWatcher> LinkWatcher::open(const boost::asio::any_io_executor& executor) {
  Descriptor socket(open_netlink(SOCK_NONBLOCK));
  if (socket.get() < 0) return failed("cannot open a netlink socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR;
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(socket.get(), plain, sizeof(address)) != 0) return failed("cannot watch the interfaces");
  return LinkWatcher(boost::asio::posix::stream_descriptor(executor, socket.release()));
}

io::Task<void> LinkWatcher::next() {
  co_await socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read, boost::asio::use_awaitable);
  // The content does not matter: whoever waits looks at everything. An overrun (ENOBUFS) is a change as well.
  std::array<char, 8192> sink{};
  while (::recv(socket_.native_handle(), sink.data(), sink.size(), MSG_DONTWAIT) > 0) {
  }
}

}  // namespace agent
