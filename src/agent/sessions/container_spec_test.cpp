#include "agent/sessions/container_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

const auto kId = wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwjn");

engine::ContainerSpec spec_of(const wire::NewDevContainer& request, HostRights rights = {}) {
  SandboxSetup setup;
  setup.sandbox_id = "local";
  setup.level.depth = 1;
  setup.rights = rights;
  setup.seccomp_profile = "{}";
  return make_container_spec(request, kId, SessionPaths("/data", kId), setup);
}

TEST(ContainerSpec, FollowsTheChecklist) {
  wire::NewDevContainer request;
  request.owner = "usr_1";
  request.env = {"USER_API_TOKEN=hl-secret"};

  const auto spec = spec_of(request);

  EXPECT_EQ(spec.capabilities.size(), 16U);
  EXPECT_THAT(spec.security_options, ElementsAre("seccomp={}", "apparmor=unconfined"));
  EXPECT_THAT(spec.dns, ElementsAre("10.213.0.1"));
  EXPECT_THAT(spec.device_cgroup_rules, ElementsAre("a *:* rwm"));
  EXPECT_EQ(spec.labels.at("helix.session_id"), kId.text());
  EXPECT_EQ(spec.labels.at("helix.sandbox"), "local");
  EXPECT_EQ(spec.labels.at("helix.owner"), "usr_1");
  EXPECT_EQ(spec.restart_policy, "unless-stopped");
  EXPECT_EQ(spec.mounts.front().source, "docker-data-" + kId.text());
  EXPECT_EQ(spec.mounts.front().target, "/var/lib/docker");
}

TEST(ContainerSpec, NoMountIsSharedWithAnotherSession) {
  const wire::NewDevContainer request;
  const auto other = wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwj2");
  SandboxSetup setup;
  setup.level.depth = 1;

  const auto own = make_container_spec(request, kId, SessionPaths("/data", kId), setup);
  const auto others = make_container_spec(request, other, SessionPaths("/data", other), setup);

  for (const auto& mount : own.mounts) {
    EXPECT_THAT(mount.source, testing::HasSubstr(kId.text())) << mount.target;
    for (const auto& foreign : others.mounts) EXPECT_NE(mount.source, foreign.source);
  }
  EXPECT_EQ(own.mounts.back().source, "/data/session-bin/" + kId.text());
  EXPECT_EQ(own.mounts.back().target, "/opt/helix/bin");
}

TEST(ContainerSpec, NoVariableOfTheRequestIsInTheContainersConfig) {
  wire::NewDevContainer request;
  request.env = {"USER_API_TOKEN=hl-secret", "PLAIN=1"};

  const auto spec = spec_of(request);

  EXPECT_THAT(spec.env, ElementsAre("HELIX_SESSION_ID=" + kId.text(), "HELIX_DOCKER_DEPTH=2"));
}

TEST(ContainerSpec, CpuLimitStaysWithinTheMachine) {
  wire::NewDevContainer request;
  request.vcpus = 8;
  HostRights rights;
  rights.cpus = 2;

  EXPECT_EQ(spec_of(request, rights).nano_cpus, 2'000'000'000);
  request.vcpus = 0;
  EXPECT_EQ(spec_of(request, rights).nano_cpus, 0);
  EXPECT_EQ(spec_of(request, rights).cpu_shares, 1024);
}

TEST(ContainerSpec, LeavesOutCapabilitiesThatTheHostLacks) {
  const auto without_mknod = session_capabilities(~(std::uint64_t{1} << 27U));

  EXPECT_EQ(without_mknod.size(), 15U);
  EXPECT_THAT(without_mknod, Not(Contains("MKNOD")));
}

TEST(ContainerSpec, ReadsTheBoundingSet) {
  EXPECT_EQ(parse_bounding_set("Name:\thydra\nCapBnd:\t00000000a80435fb\nCapAmb:\t0\n"), 0xa80435fbU);
  EXPECT_EQ(parse_bounding_set("Name:\thydra\n"), ~std::uint64_t{0});
}

TEST(SessionNames, FollowTheContracts) {
  EXPECT_EQ(container_name("headless", kId), "headless-external-01kftccz3g3n9hfdv42ma1dwjn");
  EXPECT_EQ(volume_name(kId), "docker-data-ses_01kftccz3g3n9hfdv42ma1dwjn");
  EXPECT_EQ(SessionPaths("/data", kId).workspace(), "/data/workspaces/sessions/" + kId.text());
}

}  // namespace
}  // namespace agent
