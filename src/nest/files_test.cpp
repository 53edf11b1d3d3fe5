// Files of a level: mounts, resolv.conf, cgroup v2 delegation, environment.
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "nest/cgroups.hpp"
#include "nest/environment.hpp"
#include "nest/mounts.hpp"
#include "nest/resolv_conf.hpp"
#include "nest/text_file.hpp"

namespace nest {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

/// A directory of this test alone, gone with it.
class Directory {
 public:
  Directory() {
    std::string pattern = testing::TempDir() + "nest.XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Directory() { fs::remove_all(path_); }
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

constexpr std::string_view kMountInfo =
    "21 20 0:20 / / rw,relatime - overlay overlay rw,lowerdir=/x\n"
    "22 21 0:21 / /proc rw - proc proc rw\n"
    "23 21 8:1 /volumes/a /var/lib/docker rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "24 22 0:21 /sys /proc/sys ro - proc proc rw\n"
    "25 21 8:1 /b /with\\040space rw - btrfs /dev/sdb rw\n"
    "broken line\n";

TEST(Mounts, ParsesMountinfo) {
  const auto mounts = parse_mountinfo(kMountInfo);

  ASSERT_EQ(mounts.size(), 5u);
  EXPECT_EQ(mounts[2].point, "/var/lib/docker");
  EXPECT_EQ(mounts[2].type, "ext4");
  EXPECT_FALSE(mounts[2].read_only);
  EXPECT_TRUE(mounts[3].read_only);
  EXPECT_EQ(mounts[4].point, "/with space");
}

TEST(Mounts, DataRootMustBeAMountPointOfARealFilesystem) {
  const auto good = parse_mountinfo(kMountInfo);
  EXPECT_EQ(check_data_root(good, "/var/lib/docker").value(), "ext4");

  const auto none =
      check_data_root(parse_mountinfo("21 20 0:20 / / rw - overlay overlay rw\n"), "/var/lib/docker");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message().find("is not a mount point"), std::string::npos);

  const auto stacked =
      check_data_root(parse_mountinfo("1 2 0:3 / /var/lib/docker rw - overlay o rw\n"), "/var/lib/docker");
  ASSERT_FALSE(stacked);
  EXPECT_NE(stacked.error().message().find("overlay"), std::string::npos);

  const auto closed =
      check_data_root(parse_mountinfo("1 2 0:3 / /var/lib/docker ro - ext4 o rw\n"), "/var/lib/docker");
  EXPECT_EQ(closed.error().code(), ErrorCode::invalid_argument);
}

TEST(Mounts, TheLastMountOnAPointCounts) {
  const auto mounts = parse_mountinfo("1 2 0:3 / /d rw - ext4 a rw\n1 2 0:3 / /d rw - overlay b rw\n");

  EXPECT_FALSE(check_data_root(mounts, "/d"));
}

TEST(ResolvConf, LosesOnlyNdotsZero) {
  EXPECT_EQ(without_ndots_zero("nameserver 127.0.0.11\noptions ndots:0\n"), "nameserver 127.0.0.11\n");
  EXPECT_EQ(without_ndots_zero("options edns0 ndots:0 trust-ad\nsearch a b\n"),
            "options edns0 trust-ad\nsearch a b\n");
  EXPECT_EQ(without_ndots_zero("options ndots:5\n# ndots:0\n"), "options ndots:5\n# ndots:0\n");
}

TEST(ResolvConf, IsRewrittenInPlace) {
  const Directory directory;
  const fs::path path = directory / "resolv.conf";
  ASSERT_TRUE(write_text_file(path, "nameserver 10.0.0.1\noptions ndots:0\n"));
  const fs::path link = directory / "link";
  fs::create_hard_link(path, link);

  ASSERT_TRUE(rewrite_resolv_conf(path));

  EXPECT_EQ(read_text_file(link).value(), "nameserver 10.0.0.1\n")
      << "another inode would not be seen through a bind mount";
  EXPECT_EQ(nameservers(read_text_file(path).value()), std::vector<std::string>{"10.0.0.1"});
}

TEST(Cgroups, RefusesADirectoryThatIsNone) {
  const Directory directory;

  EXPECT_EQ(delegate_cgroup_v2(directory.path()).error().code(), ErrorCode::unavailable);
}

TEST(Cgroups, EnablesControllersWithoutMovingOnTheMachinesOwnRoot) {
  const Directory directory;
  ASSERT_TRUE(write_text_file(directory / "cgroup.controllers", "cpu memory pids\n"));
  ASSERT_TRUE(write_text_file(directory / "cgroup.subtree_control", "cpu memory\n"));

  ASSERT_TRUE(delegate_cgroup_v2(directory.path()));

  EXPECT_EQ(read_text_file(directory / "cgroup.subtree_control").value(), "+pids");
  EXPECT_FALSE(fs::exists(directory / "init"));
}

TEST(Cgroups, MovesEveryProcessIntoTheLeafBeforeControllersAreEnabled) {
  const Directory directory;
  ASSERT_TRUE(write_text_file(directory / "cgroup.controllers", "cpu\n"));
  ASSERT_TRUE(write_text_file(directory / "cgroup.subtree_control", ""));
  ASSERT_TRUE(write_text_file(directory / "cgroup.type", "domain\n"));
  ASSERT_TRUE(write_text_file(directory / "cgroup.procs", ""));
  fs::create_directory(directory / "init");

  ASSERT_TRUE(delegate_cgroup_v2(directory.path()));

  EXPECT_EQ(read_text_file(directory / "cgroup.subtree_control").value(), "+cpu");
}

TEST(Environment, TakesCertificatesFromAFileOrFromText) {
  const Directory directory;
  const std::string one = "-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----";
  ASSERT_TRUE(write_text_file(directory / "ca.pem", "comment\n" + one + "\nmore\n"));

  EXPECT_EQ(read_extra_certificates((directory / "ca.pem").string()).value(), one + "\n");
  EXPECT_EQ(read_extra_certificates(one).value(), one + "\n");
  EXPECT_EQ(read_extra_certificates("").value(), "");
  EXPECT_EQ(read_extra_certificates("/no/such/file").error().code(), ErrorCode::not_found);
  ASSERT_TRUE(write_text_file(directory / "empty.pem", "nothing\n"));
  EXPECT_EQ(read_extra_certificates((directory / "empty.pem").string()).error().code(),
            ErrorCode::invalid_argument);
}

TEST(Environment, AppendsEachCertificateOnceToTheTrustStore) {
  const Directory directory;
  const std::string one = "-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n";
  const std::string two = "-----BEGIN CERTIFICATE-----\nBBB\n-----END CERTIFICATE-----\n";
  ASSERT_TRUE(write_text_file(directory / "store", one));

  ASSERT_TRUE(install_certificates(one + two, directory / "deep/extra.crt", directory / "store"));
  ASSERT_TRUE(install_certificates(one + two, directory / "deep/extra.crt", directory / "store"));

  EXPECT_EQ(read_text_file(directory / "store").value(), one + two);
  EXPECT_EQ(read_text_file(directory / "deep/extra.crt").value(), one + two);
}

TEST(Environment, PassesProxiesOnWithTheLevelsExcepted) {
  const Environment passed = proxy_environment({{"https_proxy", "http://proxy:3128"}, {"NO_PROXY", ".corp"}});

  EXPECT_EQ(passed.at("HTTPS_PROXY"), "http://proxy:3128");
  EXPECT_EQ(passed.at("https_proxy"), "http://proxy:3128");
  EXPECT_EQ(passed.at("no_proxy").find(".corp,localhost,"), 0u);
  EXPECT_FALSE(passed.contains("HTTP_PROXY"));
  EXPECT_EQ(proxy_environment(passed).at("NO_PROXY"), passed.at("NO_PROXY")) << "grows at each level";
  EXPECT_TRUE(proxy_environment({{"NO_PROXY", "x"}}).empty());
}

TEST(Environment, EnvFilesRoundTrip) {
  const Environment environment{{"A", "1"}, {"B", "x=y \"z\""}, {"C", ""}};

  EXPECT_EQ(parse_env_file(format_env_file(environment).value()).value(), environment);
  EXPECT_EQ(parse_env_file("# note\n\nA=1\n").value(), (Environment{{"A", "1"}}));
  EXPECT_EQ(parse_env_file("A=1\nnothing\n").error().message(), "env file: line 2 is not KEY=VALUE");
  EXPECT_EQ(parse_env_file("=1\n").error().code(), ErrorCode::malformed);
  EXPECT_EQ(format_env_file({{"A", "1\n2"}}).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(format_env_file({{"A=B", "1"}}).error().code(), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace nest
