#include "wire/dev_container.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wire {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kId = "ses_01kftccz3g3n9hfdv42ma1dwjn";

TEST(DevContainer, CreateRoundTrips) {
  NewDevContainer sent;
  sent.session_id = kId;
  sent.owner = "usr_1";
  sent.image = "helix-headless:latest";
  sent.env = {"A=1", "HELIX_SESSION_ID=" + kId, "EMPTY="};
  sent.vcpus = 2;
  sent.memory_mb = 4096;
  sent.project_id = "prj_1";
  sent.persistent = false;

  const auto got = decode_new_dev_container(encode(sent));

  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->session_id, kId);
  EXPECT_EQ(got->env, sent.env);
  EXPECT_EQ(got->vcpus, 2);
  EXPECT_EQ(got->memory_mb, 4096);
  EXPECT_FALSE(got->persistent);
}

TEST(DevContainer, CreateNeedsTheIdOnly) {
  const auto got = decode_new_dev_container("{\"session_id\":\"" + kId + "\",\"later\":[1]}");

  ASSERT_TRUE(got);
  EXPECT_EQ(got->container_type, "headless");
  EXPECT_EQ(got->image, "helix-headless:latest");
  EXPECT_TRUE(got->persistent);
}

struct Refused {
  std::string member;
  std::string names;
};

class DevContainerRefuses : public testing::TestWithParam<Refused> {};

TEST_P(DevContainerRefuses, NamesTheField) {
  const auto got = decode_new_dev_container("{\"session_id\":\"" + kId + "\"," + GetParam().member + "}");

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::invalid_argument);
  EXPECT_THAT(got.error().message(), HasSubstr(GetParam().names));
}

INSTANTIATE_TEST_SUITE_P(
    Values, DevContainerRefuses,
    testing::Values(Refused{R"("image":"")", "image"}, Refused{R"("image":"a b")", "image"},
                    Refused{R"("image":1)", "image"}, Refused{R"("container_type":"../x")", "container_type"},
                    Refused{R"("container_type":"-x")", "container_type"}, Refused{R"("env":["A"])", "env"},
                    Refused{R"("env":["=x"])", "env"}, Refused{R"("env":["1A=x"])", "env"},
                    Refused{R"("env":["A=x\ny"])", "env"}, Refused{R"("env":["A=\u0000"])", "env"},
                    Refused{R"("env":{"A":"x"})", "env"}, Refused{R"("vcpus":-1)", "vcpus"},
                    Refused{R"("vcpus":1025)", "vcpus"}, Refused{R"("vcpus":1.5)", "vcpus"},
                    Refused{R"("memory_mb":16777217)", "memory_mb"},
                    Refused{R"("persistent":1)", "persistent"}));

TEST(DevContainer, SessionIdIsAPathSafeUlid) {
  EXPECT_TRUE(is_session_id(kId));
  EXPECT_FALSE(is_session_id("ses_01kftccz3g3n9hfdv42ma1dwj"));
  EXPECT_FALSE(is_session_id("ses_01kftccz3g3n9hfdv42ma1dwjnn"));
  EXPECT_FALSE(is_session_id("ses_01KFTCCZ3G3N9HFDV42MA1DWJN"));
  EXPECT_FALSE(is_session_id("ses-01kftccz3g3n9hfdv42ma1dwjn"));
  EXPECT_FALSE(is_session_id("ses_../../../../../../../../x"));
}

TEST(DevContainer, ListRoundTrips) {
  DevContainer sent;
  sent.session_id = kId;
  sent.container_name = "headless-external-01kftccz3g3n9hfdv42ma1dwjn";
  sent.state = DevContainerState::stopping;
  sent.step = "stopping the container";

  const auto got = decode_dev_containers(encode(std::vector<DevContainer>{sent}));

  ASSERT_TRUE(got) << got.error().message();
  ASSERT_EQ(got->size(), 1U);
  EXPECT_EQ(got->front().state, DevContainerState::stopping);
  EXPECT_EQ(got->front().step, sent.step);
  EXPECT_EQ(got->front().container_name, sent.container_name);
}

TEST(DevContainer, EveryStateHasItsSpelling) {
  for (const auto state :
       {DevContainerState::starting, DevContainerState::running, DevContainerState::stopping,
        DevContainerState::stopped, DevContainerState::failed})
    EXPECT_EQ(parse_dev_container_state(to_string(state)), state);
  EXPECT_EQ(parse_dev_container_state("dancing"), std::nullopt);
}

TEST(DevContainer, AnUnknownStateIsRefused) {
  const auto got = decode_dev_container("{\"session_id\":\"" + kId + "\",\"state\":\"dancing\"}");

  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message(), HasSubstr("state"));
}

TEST(Reconcile, RoundTrips) {
  const Reconcile sent{{kId}, true, 5};

  const auto got = decode_reconcile(encode(sent));

  ASSERT_TRUE(got);
  EXPECT_THAT(got->sessions, ElementsAre(kId));
  EXPECT_TRUE(got->dry_run);
  EXPECT_EQ(got->grace_seconds, 5);
}

TEST(Reconcile, AMissingListIsNotAnEmptyOne) {
  EXPECT_FALSE(decode_reconcile("{}"));
  EXPECT_FALSE(decode_reconcile(R"({"sessions":["x"]})"));
  EXPECT_TRUE(decode_reconcile(R"({"sessions":[]})"));
}

TEST(Reconcile, AnswerRoundTrips) {
  const auto got = decode_reconciled(encode(Reconciled{{kId}, true}));

  ASSERT_TRUE(got);
  EXPECT_THAT(got->removed, ElementsAre(kId));
  EXPECT_TRUE(got->dry_run);
}

TEST(SystemStats, RoundTrips) {
  SystemStats sent;
  sent.version = "0.1.0";
  sent.state = "ready";
  sent.max_sessions = 20;
  sent.images = {"helix-headless:latest"};
  sent.disks = {DiskUsage{"/var/lib/docker", 1000, 10}};

  const auto got = decode_system_stats(encode(sent));

  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->state, "ready");
  EXPECT_EQ(got->max_sessions, 20);
  EXPECT_THAT(got->images, ElementsAre("helix-headless:latest"));
  ASSERT_EQ(got->disks.size(), 1U);
  EXPECT_EQ(got->disks[0].free_bytes, 10U);
}

TEST(DevContainerDecoders, RefuseWhatIsNoObject) {
  for (const auto* text : {"", "[]", "{", "\"x\"", "1"}) {
    EXPECT_EQ(decode_new_dev_container(text).error().code(), ErrorCode::malformed) << text;
    EXPECT_EQ(decode_reconcile(text).error().code(), ErrorCode::malformed) << text;
    EXPECT_EQ(decode_dev_containers(text).error().code(), ErrorCode::malformed) << text;
  }
}

}  // namespace
}  // namespace wire
