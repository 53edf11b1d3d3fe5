#include "base/metrics.hpp"

#include <gtest/gtest.h>

namespace base {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, RendersCountersAndGaugesWithTheirLabels) {
  Metrics metrics;
  metrics.count("a_total", "Things.", {{"kind", "x\"y\n"}});
  metrics.count("a_total", "Things.", {{"kind", "x\"y\n"}}, 2);
  metrics.set_gauge("b", "Now.", {}, 1.5);

  const auto text = metrics.render();

  EXPECT_TRUE(has_line(text, "# TYPE a_total counter")) << text;
  EXPECT_TRUE(has_line(text, R"(a_total{kind="x\"y\n"} 3)")) << text;
  EXPECT_TRUE(has_line(text, "b 1.5")) << text;
}

TEST(Metrics, CountsAnObservationInEveryBucketAboveIt) {
  Metrics metrics;
  metrics.observe_seconds("t_seconds", "Time.", {{"step", "create"}}, 0.05);
  metrics.observe_seconds("t_seconds", "Time.", {{"step", "create"}}, 1000);

  const auto text = metrics.render();

  EXPECT_TRUE(has_line(text, R"(t_seconds_bucket{step="create",le="0.025"} 0)")) << text;
  EXPECT_TRUE(has_line(text, R"(t_seconds_bucket{step="create",le="0.05"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(t_seconds_bucket{step="create",le="300"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(t_seconds_bucket{step="create",le="+Inf"} 2)")) << text;
  EXPECT_TRUE(has_line(text, R"(t_seconds_sum{step="create"} 1000.05)")) << text;
}

TEST(Metrics, ForgetsClearedSeries) {
  Metrics metrics;
  metrics.set_gauge("b", "Now.", {{"sandbox", "gone"}}, 1);
  metrics.clear("b");
  EXPECT_EQ(metrics.render().find("gone"), std::string::npos);
}

}  // namespace
}  // namespace base
