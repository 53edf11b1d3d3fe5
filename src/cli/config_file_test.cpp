#include "cli/config_file.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "cli/settings.hpp"
#include "support/piped_program.hpp"

namespace cli {
namespace {

using testing::HasSubstr;
using testing::Not;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

TEST(ConfigFile, RoundTripsAndIsTheOwnersAlone) {
  const support::TemporaryHome home;
  const auto path = home.path() / "new" / "helix" / "config.toml";
  const Config config{.url = "http://localhost:8080", .api_key = base::Secret("hl-\"\\quoted")};

  ASSERT_TRUE(write_config(path, config));
  const auto read = read_config(path);

  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->url, config.url);
  EXPECT_EQ((*read)->api_key.expose(), config.api_key.expose());
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(mode_of(path.parent_path()), 0700U);
}

TEST(ConfigFile, IsReplacedAsAWholeAndKeptPrivate) {
  const support::TemporaryHome home;
  const auto path = home.path() / "config.toml";
  std::ofstream(path) << "old";
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);

  ASSERT_TRUE(write_config(path, {.url = "http://a", .api_key = base::Secret("k")}));

  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(home.path()), {}), 1);
}

TEST(ConfigFile, MissingIsNoFailure) {
  const support::TemporaryHome home;

  const auto read = read_config(home.path() / "config.toml");

  ASSERT_TRUE(read);
  EXPECT_FALSE(*read);
}

TEST(ConfigFile, BrokenNamesTheLineButNotItsText) {
  const support::TemporaryHome home;
  const auto path = home.path() / "config.toml";
  std::ofstream(path) << "url = \"http://a\"\napi_key = hl-secret\n";

  const auto read = read_config(path);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), base::ErrorCode::malformed);
  EXPECT_THAT(read.error().message(), HasSubstr("config.toml:2:"));
  EXPECT_THAT(read.error().message(), Not(HasSubstr("secret")));
}

TEST(ConfigFile, RemovingTellsWhetherThereWasOne) {
  const support::TemporaryHome home;
  const auto path = home.path() / "config.toml";
  ASSERT_TRUE(write_config(path, {.url = "http://a", .api_key = base::Secret("k")}));

  EXPECT_EQ(remove_config(path), true);
  EXPECT_EQ(remove_config(path), false);
}

TEST(ConfigFile, LiesWhereXdgSays) {
  EXPECT_EQ(config_path(Environment(support::Variables{{"HOME", "/h"}, {"XDG_CONFIG_HOME", "/x"}})),
            "/x/helix/config.toml");
  EXPECT_EQ(config_path(Environment(support::Variables{{"HOME", "/h"}})), "/h/.config/helix/config.toml");
  EXPECT_FALSE(config_path(Environment()));
}

const Config kLogin{.url = "http://login:8080", .api_key = base::Secret("login-key")};

TEST(Settings, EnvironmentBeatsTheLogin) {
  const auto settings = resolve_settings(
      Environment(support::Variables{{"HELIX_URL", "http://env"}, {"HELIX_API_KEY", "env-key"}}), kLogin);

  EXPECT_EQ(settings.url, "http://env");
  EXPECT_EQ(settings.api_key.expose(), "env-key");
}

TEST(Settings, AKeyIsNeverSentToAnotherServer) {
  EXPECT_TRUE(resolve_settings(Environment(support::Variables{{"HELIX_URL", "http://other"}}), kLogin)
                  .api_key.empty());
  EXPECT_TRUE(resolve_settings(Environment(support::Variables{{"HELIX_URL", "http://other"},
                                                              {"HELIX_API_URL", "http://session"},
                                                              {"USER_API_TOKEN", "session-key"}}),
                               std::nullopt)
                  .api_key.empty());
  EXPECT_EQ(resolve_settings(Environment(support::Variables{{"HELIX_URL", "http://login:8080/"}}), kLogin)
                .api_key.expose(),
            "login-key");
}

TEST(Settings, ASessionNeedsNoLogin) {
  const auto settings = resolve_settings(
      Environment(support::Variables{
          {"HELIX_API_URL", "http://api"}, {"USER_API_TOKEN", "session-key"}, {"HELIX_SESSION_ID", "ses_1"}}),
      std::nullopt);

  EXPECT_EQ(settings.url, "http://api");
  EXPECT_EQ(settings.api_key.expose(), "session-key");
  EXPECT_EQ(settings.session_id, "ses_1");
}

TEST(Settings, TheSessionAroundIsUnknownToAnotherServer) {
  const auto settings = resolve_settings(Environment(support::Variables{{"HELIX_API_URL", "http://api"},
                                                                        {"HELIX_SESSION_ID", "ses_1"},
                                                                        {"HELIX_URL", "http://inner"},
                                                                        {"HELIX_API_KEY", "k"}}),
                                         std::nullopt);

  EXPECT_EQ(settings.session_id, "");
}

TEST(Settings, WithoutAnythingItIsThisMachine) {
  const auto settings = resolve_settings(Environment(), std::nullopt);

  EXPECT_EQ(settings.url, kDefaultUrl);
  EXPECT_TRUE(settings.api_key.empty());
}

}  // namespace
}  // namespace cli
