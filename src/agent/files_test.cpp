#include "agent/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temporary_directory.hpp"

namespace agent {
namespace {

TEST(Files, ReplacesAFileWithItsMode) {
  const support::TemporaryDirectory directory;
  const auto path = directory.path() / "token";

  ASSERT_TRUE(replace_file(path, "old and long", 0644));
  ASSERT_TRUE(replace_file(path, "new", 0600));

  EXPECT_EQ(read_file(path, 100).value(), "new");
  struct stat file{};
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST(Files, TellsWhatIsWrong) {
  const support::TemporaryDirectory directory;
  const auto path = directory.path() / "file";

  EXPECT_EQ(read_file(path, 100).error().code(), base::ErrorCode::not_found);
  ASSERT_TRUE(replace_file(path, "12345", 0600));
  EXPECT_TRUE(read_file(path, 5));
  EXPECT_EQ(read_file(path, 4).error().code(), base::ErrorCode::too_large);
  EXPECT_FALSE(replace_file(directory.path() / "none" / "file", "x", 0600));
}

TEST(Files, DisksHaveAtMostTheirSizeFree) {
  const auto disk = disk_usage("/");

  ASSERT_TRUE(disk);
  EXPECT_GT(disk->total_bytes, 0U);
  EXPECT_LE(disk->free_bytes, disk->total_bytes);
  EXPECT_FALSE(disk_usage("/nonexistent"));
}

TEST(Files, ReadsTheMachinesMemory) {
  const auto memory = parse_meminfo("MemTotal:       24576 kB\nMemFree: 1 kB\nMemAvailable:    1024 kB\n");

  EXPECT_EQ(memory.total_bytes, 24U * 1024 * 1024);
  EXPECT_EQ(memory.free_bytes, 1024U * 1024);
  EXPECT_EQ(parse_meminfo("").total_bytes, 0U);
}

}  // namespace
}  // namespace agent
