#include "agent/config.hpp"

#include <filesystem>
#include <fstream>
#include <ostream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using testing::HasSubstr;

Environment minimal() { return {{"HELIX_API_URL", "http://api.example:8080"}, {"RUNNER_TOKEN", "t"}}; }

TEST(Config, NeedsTheUrlAndATokenOnly) {
  const auto config = read_config(minimal());

  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->api.host, "api.example");
  EXPECT_EQ(config->api.port, 8080);
  EXPECT_EQ(config->sandbox.text(), "local");
  EXPECT_EQ(config->max_sessions, 20);
  EXPECT_EQ(config->runner_token.expose(), "t");
  EXPECT_TRUE(config->enabled);
}

TEST(Config, TakesTheTokenFromAFile) {
  const auto path = std::filesystem::temp_directory_path() / ("hydra-token-" + std::to_string(getpid()));
  std::ofstream(path) << "secret\n";
  auto environment = minimal();
  environment.erase("RUNNER_TOKEN");
  environment["RUNNER_TOKEN_FILE"] = path.string();

  const auto config = read_config(environment);
  std::filesystem::remove(path);
  const auto missing = read_config(environment);

  ASSERT_TRUE(config);
  EXPECT_EQ(config->runner_token.expose(), "secret");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), HasSubstr("RUNNER_TOKEN_FILE"));
}

struct Wrong {
  std::string variable;
  std::string value;
  std::string says;
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.variable << '=' << wrong.value; }

class ConfigRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(ConfigRefuses, NamesTheVariable) {
  auto environment = minimal();
  environment[GetParam().variable] = GetParam().value;

  const auto config = read_config(environment);

  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message(), HasSubstr(GetParam().variable));
  EXPECT_THAT(config.error().message(), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Variables, ConfigRefuses,
    testing::Values(Wrong{"HYDRA_PRIVILEGED_MODE_ENABLED", "true", "2026-02-10-docker-nesting"},
                    Wrong{"DOCKER_IN_DESKTOP", "false", "2026-02-10-docker-nesting"},
                    Wrong{"HELIX_API_URL", "", "set it to"}, Wrong{"HELIX_API_URL", "ftp://x", ""},
                    Wrong{"SANDBOX_INSTANCE_ID", "A_b", ""}, Wrong{"MAX_SANDBOXES", "-1", "0 to 10000"},
                    Wrong{"MAX_SANDBOXES", "10001", "0 to 10000"}, Wrong{"MAX_SANDBOXES", "2x", "0 to 10000"},
                    Wrong{"HYDRA_ENABLED", "maybe", "true or false"}, Wrong{"HELIX_LOG_LEVEL", "loud", ""},
                    Wrong{"HELIX_LOG_FORMAT", "xml", ""}));

TEST(Config, AcceptsTheSupersededVariablesAtTheirOnlyValue) {
  auto environment = minimal();
  environment["HYDRA_PRIVILEGED_MODE_ENABLED"] = "false";
  environment["DOCKER_IN_DESKTOP"] = "true";

  EXPECT_TRUE(read_config(environment));
}

TEST(Config, DisabledNeedsNothingElse) {
  const auto config = read_config({{"HYDRA_ENABLED", "false"}});

  ASSERT_TRUE(config);
  EXPECT_FALSE(config->enabled);
}

}  // namespace
}  // namespace agent
