#include "engine/docker/codec.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Taken from docker 26.1.5, shortened.
constexpr std::string_view kInspect = R"({
  "Id": "4f1d", "Created": "2026-11-21T12:00:00.1Z", "Name": "/headless-external-01k",
  "State": {"Status": "running", "Running": true, "OOMKilled": false, "Pid": 4711, "ExitCode": 0, "Error": "",
            "StartedAt": "2026-11-21T12:00:01.2Z", "FinishedAt": "0001-01-01T00:00:00Z"},
  "Config": {"Image": "helix-headless:latest", "Labels": {"helix.session_id": "ses_01k"}},
  "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "10.213.0.2", "MacAddress": "02:42:0a:d5:00:02"}}}})";

TEST(EngineCodec, DecodesARunningContainer) {
  const auto got = codec::decode_container(kInspect);

  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->name, "headless-external-01k");
  EXPECT_EQ(got->status, ContainerStatus::running);
  EXPECT_EQ(got->pid, 4711);
  EXPECT_EQ(got->address, "10.213.0.2");
  EXPECT_EQ(got->mac_address, "02:42:0a:d5:00:02");
  EXPECT_EQ(got->labels.at("helix.session_id"), "ses_01k");
  EXPECT_EQ(got->started_at, "2026-11-21T12:00:01.2Z");
}

TEST(EngineCodec, AContainerThatNeverStartedHasNoStart) {
  const auto got = codec::decode_container(
      R"({"Id":"4f","Name":"/a","State":{"Status":"created","StartedAt":"0001-01-01T00:00:00Z"}})");

  ASSERT_TRUE(got);
  EXPECT_EQ(got->started_at, "");
  EXPECT_EQ(got->status, ContainerStatus::created);
}

TEST(EngineCodec, RefusesAnAnswerWithoutIdOrStatus) {
  EXPECT_FALSE(codec::decode_container(R"({"State":{"Status":"running"}})"));
  EXPECT_FALSE(codec::decode_container(R"({"Id":"4f","State":{"Status":"dancing"}})"));
  EXPECT_FALSE(codec::decode_container("[]"));
  EXPECT_FALSE(codec::decode_id("{}"));
}

TEST(EngineCodec, DecodesAListOfContainers) {
  const auto got = codec::decode_containers(
      R"([{"Id":"4f","Names":["/a"],"Image":"i","State":"exited","Labels":{"k":"v"},"Created":1700000000}])");

  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), 1U);
  EXPECT_EQ(got->front().name, "a");
  EXPECT_EQ(got->front().status, ContainerStatus::exited);
  EXPECT_EQ(got->front().created_seconds, 1'700'000'000);
}

TEST(EngineCodec, NoVolumesAreNull) {
  const auto none = codec::decode_volumes(R"({"Volumes":null,"Warnings":null})");
  const auto one = codec::decode_volumes(R"({"Volumes":[{"Name":"docker-data-x","Labels":null}]})");

  ASSERT_TRUE(none && one);
  EXPECT_TRUE(none->empty());
  EXPECT_EQ(one->count("docker-data-x"), 1U);
}

TEST(EngineCodec, ImagesLeaveOutDanglingTags) {
  const auto got =
      codec::decode_images(R"([{"Id":"sha256:1","RepoTags":["a:1","<none>:<none>"]},{"Id":"2"}])");

  ASSERT_TRUE(got);
  EXPECT_THAT(got->at(0).tags, ElementsAre("a:1"));
  EXPECT_TRUE(got->at(1).tags.empty());
}

TEST(EngineCodec, SpecDropsAllCapabilitiesButThoseNamed) {
  ContainerSpec spec;
  spec.image = "i";
  spec.capabilities = {"SYS_ADMIN", "NET_ADMIN"};
  spec.mounts = {{"/data/x", "/workspace", false}, {"/opt/helix/bin", "/opt/helix/bin", true}};
  spec.open_files = 4096;

  const auto body = codec::encode_spec(spec);

  EXPECT_THAT(body, HasSubstr(R"("CapDrop":["ALL"])"));
  EXPECT_THAT(body, HasSubstr(R"("CapAdd":["SYS_ADMIN","NET_ADMIN"])"));
  EXPECT_THAT(body, HasSubstr(R"("Binds":["/data/x:/workspace","/opt/helix/bin:/opt/helix/bin:ro"])"));
  EXPECT_THAT(body, HasSubstr(R"({"Name":"nofile","Soft":4096,"Hard":4096})"));
  EXPECT_THAT(body, testing::Not(HasSubstr("Privileged")));
}

TEST(EngineCodec, ErrorMessageFallsBackToTheBody) {
  EXPECT_EQ(codec::error_message(R"({"message":"No such image: x"})"), "No such image: x");
  EXPECT_EQ(codec::error_message("<html>bad gateway"), "<html>bad gateway");
}

TEST(ImageName, SplitsTagsAndPorts) {
  const auto expect = [](const std::string& name, const std::string& repository, const std::string& tag) {
    const auto got = split_image_name(name);
    EXPECT_EQ(got.repository, repository) << name;
    EXPECT_EQ(got.tag, tag) << name;
  };
  expect("debian", "debian", "latest");
  expect("helix/base:13", "helix/base", "13");
  expect("127.0.0.1:5000/helix/base", "127.0.0.1:5000/helix/base", "latest");
  expect("127.0.0.1:5000/helix/base:13", "127.0.0.1:5000/helix/base", "13");
  expect("debian@sha256:00", "debian@sha256:00", "");
}

}  // namespace
}  // namespace engine
