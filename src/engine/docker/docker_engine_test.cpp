#include "engine/docker/docker_engine.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "io/net.hpp"

namespace engine {
namespace {

template <class T>
T run(io::Task<T> task) {
  boost::asio::io_context context;
  auto result = boost::asio::co_spawn(context, std::move(task), boost::asio::use_future);
  context.run();
  return result.get();
}

std::filesystem::path socket_path() {
  const char* host = std::getenv("DOCKER_HOST");
  constexpr std::string_view kScheme = "unix://";
  if (host != nullptr && std::string_view(host).substr(0, kScheme.size()) == kScheme)
    return std::string(host).substr(kScheme.size());
  return "/var/lib/helix-docker/docker.sock";
}

/// These tests speak to a real dockerd. They make volumes only, so they need no image.
class DockerEngineTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto answered = run(engine_.info());
    if (!answered) GTEST_SKIP() << "no dockerd at " << socket_path() << ": " << answered.error().message();
  }

  io::UnixConnector connector_{socket_path()};
  DockerEngine engine_{connector_};
  std::string name_ = "helix-engine-test-" + std::to_string(getpid());
};

TEST_F(DockerEngineTest, TellsItsVersionAndStorageDriver) {
  const auto info = run(engine_.info());

  ASSERT_TRUE(info);
  EXPECT_FALSE(info->version.empty());
  EXPECT_FALSE(info->storage_driver.empty());
}

TEST_F(DockerEngineTest, MakesAndRemovesAVolumeMoreThanOnce) {
  const Labels labels{{"helix.test", name_}};

  ASSERT_TRUE(run(engine_.ensure_volume(name_, labels)));
  ASSERT_TRUE(run(engine_.ensure_volume(name_, labels)));
  const auto listed = run(engine_.list_volumes("helix.test=" + name_));
  ASSERT_TRUE(run(engine_.remove_volume(name_)));
  ASSERT_TRUE(run(engine_.remove_volume(name_)));
  const auto after = run(engine_.list_volumes("helix.test=" + name_));

  ASSERT_TRUE(listed && after);
  EXPECT_EQ(listed->size(), 1U);
  EXPECT_TRUE(after->empty());
}

TEST_F(DockerEngineTest, SaysNotFoundForWhatIsMissing) {
  const auto container = run(engine_.inspect_container(name_));
  const auto image = run(engine_.inspect_image("helix/none:" + std::to_string(getpid())));
  ContainerSpec spec;
  spec.image = "helix/none:" + std::to_string(getpid());
  const auto created = run(engine_.create_container(name_, spec));
  const auto removed = run(engine_.remove_container(name_));

  EXPECT_EQ(container.error().code(), base::ErrorCode::not_found);
  EXPECT_EQ(image.error().code(), base::ErrorCode::not_found);
  EXPECT_EQ(created.error().code(), base::ErrorCode::not_found);
  EXPECT_TRUE(removed);
}

TEST_F(DockerEngineTest, APullOfANameThatCannotBeResolvedFails) {
  const auto pulled = run(engine_.pull_image("127.0.0.1:9/helix/none:1", {}));

  ASSERT_FALSE(pulled);
  EXPECT_NE(pulled.error().message().find("pull of 127.0.0.1:9/helix/none:1"), std::string::npos);
}

TEST(DockerEngineWithoutDaemon, SaysThatItDoesNotAnswer) {
  io::UnixConnector connector("/nonexistent/docker.sock");
  DockerEngine engine(connector);

  const auto info = run(engine.info());

  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code(), base::ErrorCode::unavailable);
}

}  // namespace
}  // namespace engine
