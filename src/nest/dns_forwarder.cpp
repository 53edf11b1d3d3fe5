#include "nest/dns_forwarder.hpp"

#include "io/net.hpp"

namespace nest {
namespace {

constexpr std::chrono::milliseconds kConnectLimit{1000};

io::Task<base::Result<void>> answers_tcp(std::string address) {
  auto stream = co_await io::connect_tcp(std::move(address), 53, kConnectLimit);
  if (!stream) co_return tl::unexpected(stream.error());
  (*stream)->close();
  co_return base::Result<void>();
}

}  // namespace

std::vector<std::string> dnsmasq_argv(const DnsForwarderOptions& options) {
  return {
      "dnsmasq",
      "--keep-in-foreground",
      "--conf-file=/dev/null",
      "--pid-file=",
      "--log-facility=-",
      "--user=root",  // needs no privileges to drop to; an unprivileged one could not read a 0600 resolv.conf
      "--no-hosts",
      "--listen-address=" + options.level.bridge_ip(),
      "--bind-dynamic",
      "--except-interface=lo",
      "--resolv-file=" + options.resolv_conf.string(),
      "--cache-size=1000",
      "--dns-forward-max=1000",
      "--dns-loop-detect",
      "--no-negcache",  // a container's name that is not there yet may be there in a second
  };
}

DaemonSpec dns_forwarder_spec(const DnsForwarderOptions& options) {
  DaemonSpec spec;
  spec.name = "dnsmasq";
  spec.argv = dnsmasq_argv(options);
  spec.mark = "--listen-address=" + options.level.bridge_ip();
  spec.record = options.state_dir / "dnsmasq.daemon";
  spec.log_file = options.state_dir / "dnsmasq.log";
  spec.log_limit_bytes = 1024 * 1024;
  spec.probe = [address = options.level.bridge_ip()] { return answers_tcp(address); };
  return spec;
}

}  // namespace nest
