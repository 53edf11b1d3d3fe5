#include "nest/oci_clamp.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "nest/held_rights.hpp"
#include "nest/runtime_command.hpp"

namespace nest {
namespace {

namespace json = boost::json;
using base::ErrorCode;

constexpr std::uint64_t kChown = 1U << 0;
constexpr std::uint64_t kKill = 1U << 5;

json::value clamped(const std::string& config, const HeldRights& held, std::vector<std::string>& notes) {
  const auto result = clamp_config(config, held);
  EXPECT_TRUE(result) << result.error().message();
  notes = result->notes;
  return json::parse(result->json);
}

TEST(OciClamp, DropsCapabilitiesThatAreNotHeldFromEverySet) {
  HeldRights held;
  held.capabilities = kChown | kKill;
  std::vector<std::string> notes;

  const auto config = clamped(
      R"({"process":{"capabilities":{"bounding":["CAP_CHOWN","CAP_SYS_RESOURCE"],"effective":["CAP_SYS_RESOURCE","CAP_KILL"]}}})",
      held, notes);

  EXPECT_EQ(json::serialize(config.at("process").at("capabilities")),
            R"({"bounding":["CAP_CHOWN"],"effective":["CAP_KILL"]})");
  EXPECT_EQ(notes, std::vector<std::string>{"capabilities -CAP_SYS_RESOURCE"});
}

TEST(OciClamp, DropsACapabilityThatNobodyKnows) {
  HeldRights held;
  held.capabilities = ~std::uint64_t{0};
  std::vector<std::string> notes;

  const auto config =
      clamped(R"({"process":{"capabilities":{"bounding":["CAP_FUTURE","CAP_BPF"]}}})", held, notes);

  EXPECT_EQ(json::serialize(config.at("process").at("capabilities").at("bounding")), R"(["CAP_BPF"])");
}

TEST(OciClamp, LowersLimitsToTheHardOnesHeld) {
  HeldRights held;
  held.hard = {{"RLIMIT_NOFILE", 1000}, {"RLIMIT_CORE", ~std::uint64_t{0}}};
  std::vector<std::string> notes;

  const auto config = clamped(R"({"process":{"rlimits":[{"type":"RLIMIT_NOFILE","hard":2000,"soft":1500},
      {"type":"RLIMIT_NOFILE","hard":1000,"soft":1000},{"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":0},
      {"type":"RLIMIT_FUTURE","hard":5,"soft":5}]}})",
                              held, notes);

  EXPECT_EQ(
      json::serialize(config.at("process").at("rlimits")),
      R"([{"type":"RLIMIT_NOFILE","hard":1000,"soft":1000},{"type":"RLIMIT_NOFILE","hard":1000,"soft":1000},)"
      R"({"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":0},{"type":"RLIMIT_FUTURE","hard":5,"soft":5}])");
  EXPECT_EQ(notes, std::vector<std::string>{"rlimit RLIMIT_NOFILE 2000 -> 1000"});
}

TEST(OciClamp, LeavesLimitsAloneWhereTheyMayBeRaised) {
  HeldRights held;
  held.raises_limits = true;
  held.hard = {{"RLIMIT_NOFILE", 1000}};
  std::vector<std::string> notes;

  const auto config =
      clamped(R"({"process":{"rlimits":[{"type":"RLIMIT_NOFILE","hard":2000,"soft":1500}]}})", held, notes);

  EXPECT_EQ(config.at("process").at("rlimits").at(0).at("hard").as_int64(), 2000);
  EXPECT_TRUE(notes.empty());
}

TEST(OciClamp, RaisesAnOomScoreBelowTheLowestAllowed) {
  HeldRights held;
  held.lowest_oom_score_adj = -5;
  std::vector<std::string> notes;

  EXPECT_EQ(
      clamped(R"({"process":{"oomScoreAdj":-500}})", held, notes).at("process").at("oomScoreAdj").as_int64(),
      -5);
  EXPECT_EQ(notes, std::vector<std::string>{"oomScoreAdj -500 -> -5"});
  EXPECT_EQ(
      clamped(R"({"process":{"oomScoreAdj":-5}})", held, notes).at("process").at("oomScoreAdj").as_int64(),
      -5);
  EXPECT_TRUE(notes.empty());
}

TEST(OciClamp, DropsDeviceRulesThatTheLevelDoesNotHold) {
  HeldRights held;
  held.devices = parse_devices_list("c 1:3 rwm\nc 136:* rwm\nb *:* m\n");
  std::vector<std::string> notes;

  const auto config = clamped(R"({"linux":{"resources":{"devices":[{"allow":false,"access":"rwm"},
      {"allow":true,"type":"c","major":1,"minor":3,"access":"rwm"},{"allow":true,"type":"c","major":5,"minor":1,"access":"rwm"},
      {"allow":true,"type":"c","major":136,"access":"rw"},{"allow":true,"type":"b","access":"rwm"}]}}})",
                              held, notes);

  EXPECT_EQ(config.at("linux").at("resources").at("devices").as_array().size(), 3u);
  EXPECT_EQ(notes,
            (std::vector<std::string>{"device rule -allow c 5:1 rwm", "device rule -allow b *:* rwm"}));
}

TEST(OciClamp, KeepsEveryDeviceRuleWhereAllAreHeld) {
  HeldRights held;
  held.devices = parse_devices_list("a *:* rwm\n");
  std::vector<std::string> notes;

  const auto config = clamped(
      R"({"linux":{"resources":{"devices":[{"allow":true,"type":"a","access":"rwm"}]}}})", held, notes);

  EXPECT_EQ(config.at("linux").at("resources").at("devices").as_array().size(), 1u);
}

TEST(OciClamp, KeepsFieldsThatItDoesNotKnow) {
  const std::string config =
      R"({"ociVersion":"1.2.0","process":{"args":["sh"],"x":[1.5,null]},"annotations":{"a":"\u00e9"}})";
  std::vector<std::string> notes;

  EXPECT_EQ(clamped(config, HeldRights{}, notes), json::parse(config));
  EXPECT_TRUE(notes.empty());
}

TEST(OciClamp, RefusesWhatIsNoConfig) {
  EXPECT_EQ(clamp_config("", HeldRights{}).error().code(), ErrorCode::malformed);
  EXPECT_EQ(clamp_config("[]", HeldRights{}).error().code(), ErrorCode::malformed);
  EXPECT_EQ(clamp_config("{\"process\":", HeldRights{}).error().code(), ErrorCode::malformed);
  EXPECT_EQ(clamp_config(std::string(100, '['), HeldRights{}).error().code(), ErrorCode::malformed);
  EXPECT_EQ(clamp_config(std::string(kMaxOciConfigBytes + 1, ' '), HeldRights{}).error().code(),
            ErrorCode::too_large);
}

TEST(OciClamp, PassesOddTypesThrough) {
  for (const char* config :
       {R"({"process":7})", R"({"process":{"capabilities":[],"rlimits":{},"oomScoreAdj":"x"}})",
        R"({"linux":{"resources":{"devices":[7,{"allow":"x","type":3}]}}})",
        R"({"process":{"capabilities":{"bounding":"x","effective":[7]},"rlimits":[7,{"type":7}]}})"}) {
    HeldRights held;
    held.devices.emplace();
    EXPECT_TRUE(clamp_config(config, held)) << config;
  }
}

TEST(OciClamp, ClampsAProcessObjectAlone) {
  const auto result = clamp_process(R"({"capabilities":{"bounding":["CAP_KILL"]}})", HeldRights{});

  EXPECT_EQ(result.value().json, R"({"capabilities":{"bounding":[]}})");
}

TEST(HeldRights, ReadsTheBoundingSet) {
  EXPECT_EQ(parse_bounding_set("CapEff:\t01\nCapBnd:\t000001ff\nCapAmb:\t0\n"), 0x1ffU);
  EXPECT_EQ(parse_bounding_set("CapEff:\t01\n"), 0U);
}

TEST(HeldRights, FindsOurOwn) {
  const HeldRights held = find_held_rights(std::nullopt);

  EXPECT_TRUE(held.hard.contains("RLIMIT_NOFILE"));
  EXPECT_GE(held.lowest_oom_score_adj, -1000);
}

TEST(RuntimeCommand, FindsTheBundleAsRuncDoes) {
  const auto file = [](std::vector<std::string> arguments) {
    return parse_runtime_command(arguments).file.string();
  };

  EXPECT_EQ(file({"--root", "/r", "--log", "/l", "--log-format", "json", "create", "--bundle", "/b",
                  "--pid-file", "/p", "id"}),
            "/b/config.json");
  EXPECT_EQ(file({"--root=/r", "--debug", "run", "-b", "/b", "id"}), "/b/config.json");
  EXPECT_EQ(file({"create", "--bundle=/b", "id"}), "/b/config.json");
  EXPECT_EQ(file({"create", "id"}), "./config.json");
  EXPECT_EQ(file({"exec", "--process", "/p.json", "id"}), "/p.json");
}

TEST(RuntimeCommand, LetsEverythingElsePass) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"--version"},
                                                    {"--root"},
                                                    {"--root", "create"},
                                                    {"delete", "--bundle", "x"},
                                                    {"exec", "id", "sh"}}) {
    EXPECT_EQ(parse_runtime_command(arguments).kind, RuntimeCommand::Kind::other);
  }
}

}  // namespace
}  // namespace nest
