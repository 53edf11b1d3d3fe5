// What listens, from recorded /proc texts, a made-up /proc of processes, and a socket of our own.
#include "bridge/ports.hpp"

#include <fstream>
#include <unistd.h>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "bridge/listening_sockets.hpp"
#include "bridge/socket_owners.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Recorded on Linux 6: a listener on loopback, one on every address, one connection, Docker's resolver.
constexpr std::string_view kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode       "
    "                                              \n"
    "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 501 1 "
    "0000000000000000 100 0 0 10 0                       \n"
    "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 502 1 "
    "0000000000000000 100 0 0 10 0                       \n"
    "   2: 0100007F:C350 0100007F:1F40 01 00000000:00000000 00:00000000 00000000     0        0 503 1 "
    "0000000000000000 20 4 30 10 -1                      \n"
    "   3: 0B00007F:9C40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 504 1 "
    "0000000000000000 100 0 0 10 0                       \n";

constexpr std::string_view kTcp6 =
    "  sl  local_address                         remote_address                        st tx_queue rx_queue "
    "tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 00000000000000000000000000000000:1F40 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000  1000        0 601 1 0000000000000000 100 0 0 10 0\n"
    "   1: 00000000000000000000000001000000:1F41 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000     0        0 602 1 0000000000000000 100 0 0 10 0\n"
    "   2: 0000000000000000FFFF00000100007F:1F42 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000     0        0 603 1 0000000000000000 100 0 0 10 0\n";

TEST(ListeningSockets, AreReadFromBothTables) {
  std::vector<ListeningSocket> sockets;

  add_listening_sockets(kTcp, sockets);
  add_listening_sockets(kTcp6, sockets);

  EXPECT_THAT(sockets,
              ElementsAre(ListeningSocket{8000, "127.0.0.1", 501}, ListeningSocket{80, "0.0.0.0", 502},
                          ListeningSocket{40000, "127.0.0.11", 504}, ListeningSocket{8000, "::", 601},
                          ListeningSocket{8001, "::1", 602}, ListeningSocket{8002, "127.0.0.1", 603}));
}

TEST(ListeningSockets, LeaveOutWhatIsNone) {
  std::vector<ListeningSocket> sockets;

  add_listening_sockets(
      "0: 0100007F:ZZZZ x 0A\n1: 01:0050 x 0A\n2: 0100007F:10000 x 0A\n3: 0100007F:0000 x 0A\n"
      "4: nonsense\n5: 0100007F1F40 x 0A\n6: 0100007G:1F40 x 0A\n\xff\n\n",
      sockets);

  EXPECT_THAT(sockets, IsEmpty());
}

TEST(ListeningSockets, OfALineThatIsCutShortHaveNoInode) {
  std::vector<ListeningSocket> sockets;

  add_listening_sockets("0: 0100007F:1F40 00000000:0000 0A 00000000:00000000\n", sockets);

  EXPECT_THAT(sockets, ElementsAre(ListeningSocket{8000, "127.0.0.1", 0}));
}

TEST(ProgramName, IsWhatAPersonCallsIt) {
  EXPECT_EQ(program_name({"/usr/bin/node", "server.js"}), "node");
  EXPECT_EQ(program_name({"nginx: master process /usr/sbin/nginx -g daemon off;"}), "nginx");
  EXPECT_EQ(program_name({std::string(100, 'a')}).size(), 64);
  EXPECT_EQ(program_name({}), "");
}

/// A proc file system of files: processes with their sockets, and the two tables.
class PortFinderTest : public testing::Test {
 protected:
  void add_process(int pid, const std::vector<std::string>& argv, const std::vector<int>& inodes) {
    const auto process = proc_.path() / std::to_string(pid);
    std::filesystem::create_directories(process / "fd");
    std::ofstream cmdline(process / "cmdline");
    for (const auto& word : argv) cmdline << word << '\0';
    int descriptor = 3;
    for (const int inode : inodes) {
      std::filesystem::create_symlink("socket:[" + std::to_string(inode) + "]",
                                      process / "fd" / std::to_string(descriptor++));
    }
    std::filesystem::create_symlink("/dev/null", process / "fd" / "0");
  }

  void listen(std::string_view tcp, std::string_view tcp6 = {}) {
    std::filesystem::create_directories(proc_.path() / "self/net");
    std::ofstream(proc_.path() / "self/net/tcp") << tcp;
    std::ofstream(proc_.path() / "self/net/tcp6") << tcp6;
  }

  std::vector<ListeningPort> find() { return support::run(finder_.find()); }

  io::Task<PublishedPorts> ask_engine() {
    ++questions_;
    co_return published_;
  }

  support::TemporaryDirectory proc_;
  PublishedPorts published_;
  int questions_ = 0;
  PortFinder finder_{proc_.path(), [this] { return ask_engine(); }};
};

std::string line(const std::string& local, int inode) {
  return "0: " + local + " 00000000:0000 0A 0:0 0:0 0 0 0 " + std::to_string(inode) + " 1\n";
}

TEST_F(PortFinderTest, MergesAddressesAndNamesTheProcess) {
  listen(kTcp, kTcp6);
  add_process(10, {"/usr/bin/node", "server.js"}, {501, 601});
  add_process(7, {"nginx: master process"}, {502});
  add_process(8, {"nginx: worker process"}, {502});

  EXPECT_THAT(find(), ElementsAre(ListeningPort{80, "0.0.0.0", "nginx"}, ListeningPort{8000, "::", "node"},
                                  ListeningPort{8001, "::1", ""}, ListeningPort{8002, "127.0.0.1", ""}));
}

TEST_F(PortFinderTest, LeavesTheSessionsOwnMachineryOut) {
  listen(line("0100007F:1000", 1) + line("0100007F:1001", 2) + line("0100007F:1002", 3) +
         line("0100007F:1003", 4));
  add_process(2, {"containerd", "--config", "x"}, {1});
  add_process(3, {"/usr/sbin/dockerd"}, {2});
  add_process(4, {"dnsmasq", "--conf-file=/dev/null", "--listen-address=10.0.0.1"}, {3});
  add_process(5, {"dnsmasq", "--port=4099"}, {4});

  EXPECT_THAT(find(), ElementsAre(ListeningPort{0x1003, "127.0.0.1", "dnsmasq"}));
}

TEST_F(PortFinderTest, NamesTheContainerThatPublishesAPort) {
  listen(line("00000000:1F40", 1) + line("00000000:1F41", 2));
  add_process(2, {"dockerd"}, {1, 2});  // opened them for its proxies
  add_process(30, {"/usr/bin/docker-proxy", "-proto", "tcp"}, {1});
  add_process(31, {"/usr/bin/docker-proxy", "-proto", "tcp"}, {2});
  published_ = {{8000, "web"}};

  EXPECT_THAT(find(), ElementsAre(ListeningPort{8000, "0.0.0.0", "container web"},
                                  ListeningPort{8001, "0.0.0.0", "container"}));
}

TEST_F(PortFinderTest, LooksThroughProcessesAndEngineForNewSocketsOnly) {
  listen(line("00000000:1F40", 1));
  add_process(30, {"docker-proxy"}, {1});
  published_ = {{8000, "web"}};
  find();
  std::filesystem::remove_all(proc_.path() / "30");

  EXPECT_THAT(find(), ElementsAre(ListeningPort{8000, "0.0.0.0", "container web"}));
  EXPECT_EQ(questions_, 1);
}

TEST_F(PortFinderTest, ForgetsASocketThatListensNoMore) {
  listen(line("00000000:1F40", 1));
  add_process(30, {"node"}, {1});
  find();
  listen("");
  EXPECT_THAT(find(), IsEmpty());
  std::filesystem::remove_all(proc_.path() / "30");
  listen(line("00000000:1F40", 1));  // the kernel gives inode numbers out again

  EXPECT_THAT(find(), ElementsAre(ListeningPort{8000, "0.0.0.0", ""}));
}

TEST_F(PortFinderTest, TellsTheLowestPortsWhereThereAreTooMany) {
  std::string tcp;
  for (std::size_t i = 0; i <= kMaxListeningPorts; ++i) {
    char local[16];
    std::snprintf(local, sizeof local, "00000000:%04zX", 9000 - i);
    tcp += line(local, 0);
  }
  listen(tcp);

  const auto ports = find();

  EXPECT_EQ(ports.size(), kMaxListeningPorts);
  EXPECT_EQ(ports.front().port, 9000 - kMaxListeningPorts);
}

TEST(PortFinder, FindsASocketOfThisVeryProcess) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket, 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
  PortFinder finder("/proc", []() -> io::Task<PublishedPorts> { co_return PublishedPorts(); });

  const auto ports = support::run(finder.find());

  ::close(socket);
  const ListeningPort ours{ntohs(address.sin_port), "127.0.0.1", "bridge_test"};
  // Another server of this machine may be among the 256 lowest ports in our place.
  if (ports.size() == kMaxListeningPorts) GTEST_SKIP() << "too many ports listen on this machine";
  EXPECT_THAT(ports, testing::Contains(ours));
}

TEST(PublishedPorts, AreReadFromTheEnginesList) {
  EXPECT_EQ(read_published_ports(R"([{"Names":["/web","/other/web"],"Ports":[
                {"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8000,"Type":"tcp"},
                {"PrivatePort":443,"Type":"tcp"},{"PrivatePort":53,"PublicPort":5353,"Type":"udp"}]},
                {"Names":[],"Ports":null},{"Names":["/db"],"Ports":[{"PublicPort":"x","Type":"tcp"}]}, 7])"),
            (PublishedPorts{{8000, "web"}}));
  EXPECT_EQ(read_published_ports("not json"), PublishedPorts());
  EXPECT_EQ(read_published_ports("{}"), PublishedPorts());
}

TEST(ListeningPorts, AreWrittenAsJson) {
  EXPECT_EQ(encode({{8000, "0.0.0.0", "node"}, {8001, "::1", ""}}),
            R"({"ports":[{"port":8000,"address":"0.0.0.0","process":"node"},)"
            R"({"port":8001,"address":"::1","process":""}]})");
  EXPECT_EQ(encode({}), R"({"ports":[]})");
}

}  // namespace
}  // namespace bridge
