// What reaches a session's ports: expose, ports, open, share, invite; against a server whose answers are
// scripted.
#include <filesystem>
#include <fstream>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/piped_program.hpp"
#include "support/scripted_api.hpp"

namespace cli {
namespace {

using support::run_helix;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kId = "ses_01kftccz3g3n9hfdv42ma1dwjn";
const std::string kSession = "/api/v1/sessions/" + kId;
const std::string kLink = "shl_01kftccz3g3n9hfdv42ma1dwjn";
const std::string kLinks = kSession + "/expose/8000/share-links";

class ExposureFlow : public testing::Test {
 protected:
  ExposureFlow() {
    api_.on("GET /api/v1/sessions", {{200, R"({"sessions":[{"id":")" + kId + R"(","name":"hello"}]})"}});
  }

  support::Variables variables() {
    return {{"HELIX_URL", api_.url()}, {"HELIX_API_KEY", "hl-key"}, {"HOME", home_.path()}};
  }
  support::Variables in_session() {
    return {{"HELIX_API_URL", api_.url()},
            {"USER_API_TOKEN", "hl-session"},
            {"HELIX_SESSION_ID", kId},
            {"HOME", home_.path()}};
  }
  support::Finished helix(const std::vector<std::string>& words) { return run_helix(words, variables()); }

  void expose_list(const std::string& items) {
    api_.on("GET " + kSession + "/expose",
            {{200, R"({"session_id":")" + kId + R"(","exposed_ports":[)" + items + "]}"}});
  }

  support::TemporaryHome home_;
  support::ScriptedApi api_;
};

constexpr const char* kWeb =
    R"({"port":8000,"protocol":"http","name":"web","url":"http://web.x/","urls":["http://web.x/","http://x/p/"],"status":"active","visibility":"public"})";
constexpr const char* kDatabase =
    R"({"port":5432,"protocol":"tcp","url":"tcp://x:30001","urls":["tcp://x:30001"],"status":"inactive"})";

TEST_F(ExposureFlow, ASessionExposesItsOwnPortWithoutALogin) {
  api_.on("POST " + kSession + "/expose", {{201, R"({"urls":["http://x/1","http://x/2"]})"}});

  const auto done = run_helix({"expose", "8000"}, in_session());

  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out, "http://x/1\nhttp://x/2\n");
  EXPECT_EQ(api_.seen().front().authorization, "Bearer hl-session");
  EXPECT_EQ(api_.seen().front().body, R"({"port":8000})");
}

TEST_F(ExposureFlow, EveryOptionReachesTheServer) {
  api_.on("POST " + kSession + "/expose", {{201, R"({"urls":["http://x/1"]})"}});

  helix({"expose", kId, "8000", "--name", "web", "--public", "--h2c", "--host-header", "localhost", "--allow",
         "10.0.0.0/8", "--allow", "::1/128"});
  helix({"expose", kId, "5432", "--tcp", "--authenticated"});

  EXPECT_EQ(api_.seen().at(0).body,
            R"({"port":8000,"name":"web","visibility":"public","protocol":"h2c","host_header":"localhost",)"
            R"("allow_cidrs":["10.0.0.0/8","::1/128"]})");
  EXPECT_EQ(api_.seen().at(1).body, R"({"port":5432,"visibility":"authenticated","protocol":"tcp"})");
}

TEST_F(ExposureFlow, OptionsThatContradictEachOtherAreRefusedBeforeAnythingIsDone) {
  const std::vector<std::vector<std::string>> wrong = {
      {"--public", "--authenticated"},         {"--tcp", "--h2c"},   {"--tcp", "--share"},
      {"--tcp", "--host-header", "localhost"}, {"--expires", "24h"}, {"--label", "x"},
      {"--share", "--expires", "tomorrow"}};
  for (const auto& options : wrong) {
    std::vector<std::string> words{"expose", kId, "8000"};
    words.insert(words.end(), options.begin(), options.end());
    const auto done = helix(words);
    EXPECT_EQ(done.status, 2) << options.front();
    EXPECT_THAT(done.err, HasSubstr(options.front() == "--share" ? "--expires" : options.front()));
  }
  EXPECT_THAT(api_.seen(), IsEmpty());
}

TEST_F(ExposureFlow, OutsideASessionTheSessionMustBeNamed) {
  const auto done = helix({"expose", "8000"});

  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("SESSION is missing"));
}

TEST_F(ExposureFlow, SharingPrintsTheLinkLastAndSaysThatItIsShownOnce) {
  api_.on("POST " + kSession + "/expose", {{200, R"({"port":8000,"urls":["http://x/1"]})"}});
  api_.on("POST " + kLinks,
          {{201, R"({"id":")" + kLink + R"(","url":"http://x/s","expires_at":"2026-11-22T00:00:00Z"})"}});

  const auto done = helix({"expose", kId, "8000", "--share", "--expires", "24h", "--label", "review"});
  const auto printed = helix({"expose", kId, "8000", "--share", "-o", "json"});

  EXPECT_EQ(done.out, "http://x/1\nhttp://x/s\n");
  EXPECT_THAT(done.err, HasSubstr("shown this once"));
  EXPECT_THAT(done.err, HasSubstr("2026-11-22"));
  EXPECT_EQ(api_.seen().at(1).body, R"({"label":"review","expires_in_seconds":86400})");
  EXPECT_EQ(boost::json::parse(printed.out).at("share_link").at("url"), "http://x/s");
}

TEST_F(ExposureFlow, APortThatIsExposedOtherwiseSaysHowToChangeIt) {
  api_.on("POST " + kSession + "/expose",
          {{409, R"({"status":409,"code":"conflict","detail":"port 8000 is exposed with other values"})"}});

  const auto done = helix({"expose", "hello", "8000", "--public"});

  EXPECT_EQ(done.status, 6);
  EXPECT_THAT(done.err, HasSubstr("helix unexpose hello 8000"));
}

TEST_F(ExposureFlow, PortsJoinsWhatListensWithWhatIsExposed) {
  expose_list(std::string(kDatabase) + "," + kWeb);
  api_.on(
      "GET " + kSession + "/ports",
      {{200, R"({"ports":[{"port":3000,"address":"127.0.0.1","process":"node","exposed":false,"urls":[]},)"
             R"({"port":8000,"address":"0.0.0.0","process":"container web","exposed":true,"urls":[]}]})"}});

  const auto done = helix({"ports", "hello"});

  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out,
            "PORT  PROCESS          NAME  EXPOSED                URL\n"
            "3000  node             -     no                     -\n"
            "5432  nothing listens  -     private tcp, inactive  tcp://x:30001\n"
            "8000  container web    web   public                 http://web.x/\n");
  EXPECT_THAT(done.err, HasSubstr("helix expose hello 3000"));
}

TEST_F(ExposureFlow, PortsOfASessionThatDoesNotRunAreNotKnown) {
  expose_list(kWeb);
  api_.on("GET " + kSession + "/ports",
          {{409, R"({"status":409,"code":"conflict","detail":"the session is stopped"})"}});

  const auto table = helix({"ports", kId});
  const auto printed = helix({"ports", kId, "-o", "json"});

  EXPECT_THAT(table.out, HasSubstr("8000  ?        web   public   http://web.x/"));
  EXPECT_TRUE(boost::json::parse(printed.out).at("listening_ports").is_null());
  EXPECT_EQ(boost::json::parse(printed.out).at("exposed_ports").as_array().size(), 1);
}

TEST_F(ExposureFlow, PortsSaysWhatToDoWhereThereIsNothing) {
  expose_list("");
  api_.on("GET " + kSession + "/ports", {{200, R"({"ports":[]})"}});

  const auto done = run_helix({"ports"}, in_session());

  EXPECT_EQ(done.out, "");
  EXPECT_THAT(done.err, HasSubstr("helix expose PORT"));
}

TEST_F(ExposureFlow, OpenPrintsTheUrlWhereThereIsNoScreen) {
  expose_list(std::string(kDatabase) + "," + kWeb);

  EXPECT_EQ(helix({"open", "hello"}).out, "http://web.x/\n");  // the only one that a browser opens
  EXPECT_EQ(helix({"open", "hello", "web"}).out, "http://web.x/\n");
  EXPECT_EQ(helix({"open", "hello", "5432"}).out, "tcp://x:30001\n");
  EXPECT_EQ(run_helix({"open", "8000"}, in_session()).out, "http://web.x/\n");
  EXPECT_EQ(run_helix({"open", "web"}, in_session()).out, "http://web.x/\n");
  EXPECT_EQ(run_helix({"open"}, in_session()).out, "http://web.x/\n");
}

TEST_F(ExposureFlow, OpenOffersToExposeWhatIsNot) {
  expose_list(kWeb);

  const auto port = helix({"open", "hello", "3000"});
  const auto name = helix({"open", "hello", "nothing"});

  EXPECT_EQ(port.status, 5);
  EXPECT_THAT(port.err, HasSubstr("helix expose hello 3000"));
  EXPECT_EQ(name.status, 5);
  EXPECT_THAT(name.err, HasSubstr("helix ports hello"));
}

TEST_F(ExposureFlow, OpenAsksWhichOfSeveral) {
  expose_list(std::string(kWeb) +
              R"(,{"port":3000,"protocol":"http","url":"http://y/","urls":["http://y/"]})");

  const auto done = helix({"open", "hello"});

  EXPECT_EQ(done.status, 6);
  EXPECT_THAT(done.err, HasSubstr("\n  8000  web\n  3000\n"));
}

TEST_F(ExposureFlow, OpenRunsTheBrowserWithTheUrl) {
  expose_list(kWeb);
  const auto browser = home_.path() / "browser";
  std::ofstream(browser) << "#!/bin/sh\nprintf %s \"$1\" >\"$0.opened\"\n";
  std::filesystem::permissions(browser, std::filesystem::perms::owner_all);
  auto with_browser = variables();
  with_browser["BROWSER"] = browser.string() + ":other";

  const auto done = run_helix({"open", "hello"}, with_browser);

  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out, "");
  std::ifstream opened(browser.string() + ".opened");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(opened), {}), "http://web.x/");
  EXPECT_EQ(run_helix({"open", "hello", "--print"}, with_browser).out, "http://web.x/\n");
}

TEST_F(ExposureFlow, OpenGivesNothingButWebPagesToTheBrowser) {
  const auto browser = home_.path() / "browser";
  std::ofstream(browser) << "#!/bin/sh\n: >\"$0.opened\"\n";
  std::filesystem::permissions(browser, std::filesystem::perms::owner_all);
  auto with_browser = variables();
  with_browser["BROWSER"] = browser;
  for (const char* url : {"tcp://x:30001", "file:///etc/passwd", "-remote"}) {
    expose_list(R"({"port":8000,"protocol":"http","urls":[],"url":")" + std::string(url) + R"("})");

    EXPECT_EQ(run_helix({"open", "hello"}, with_browser).out, std::string(url) + "\n");
  }
  EXPECT_FALSE(std::filesystem::exists(browser.string() + ".opened"));
}

TEST_F(ExposureFlow, OpenPrintsTheUrlWhereTheBrowserDoesNotStart) {
  expose_list(kWeb);
  auto with_browser = variables();
  with_browser["BROWSER"] = (home_.path() / "none").string();

  const auto done = run_helix({"open", "hello"}, with_browser);

  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out, "http://web.x/\n");
}

TEST_F(ExposureFlow, ShareLinksAreListedRotatedAndRevokedByLabel) {
  api_.on("GET " + kLinks, {{200, R"({"share_links":[{"id":")" + kLink +
                                      R"(","label":"review","created_at":"2026-11-21T11:34:40Z"}]})"}});
  api_.on("POST " + kLinks, {{201, R"({"id":")" + kLink + R"(","url":"http://x/1"})"}});
  api_.on("POST " + kLinks + "/" + kLink + "/rotate",
          {{200, R"({"id":")" + kLink + R"(","url":"http://x/2"})"}});
  api_.on("DELETE " + kLinks + "/" + kLink, {{204, ""}});

  EXPECT_EQ(helix({"share", "create", "hello", "8000"}).out, "http://x/1\n");
  EXPECT_THAT(helix({"share", "list", "hello", "8000"}).out, HasSubstr("never    " + kLink));
  EXPECT_EQ(helix({"share", "rotate", "hello", "8000", "review"}).out, "http://x/2\n");
  EXPECT_EQ(run_helix({"share", "revoke", "8000", kLink}, in_session()).status, 0);
  EXPECT_EQ(api_.seen().back().what, "DELETE " + kLinks + "/" + kLink);
  EXPECT_EQ(helix({"share", "revoke", "hello", "8000", "other"}).status, 5);
  EXPECT_EQ(helix({"share", "revoke", "hello"}).status, 2);
}

TEST_F(ExposureFlow, PeopleAreInvitedListedAndUninvited) {
  api_.on("POST " + kSession + "/invitations", {{201, R"({"user_id":"usr_1","name":"bob"})"}});
  api_.on("GET " + kSession + "/invitations",
          {{200, R"({"invitations":[{"user_id":"usr_1","name":"bob"}]})"}});
  api_.on("DELETE " + kSession + "/invitations/bob", {{204, ""}});

  const auto invited = helix({"invite", "bob", "hello"});

  EXPECT_EQ(invited.status, 0);
  EXPECT_THAT(invited.err, HasSubstr("helix uninvite bob hello"));
  EXPECT_EQ(api_.seen().back().body, R"({"user":"bob"})");
  EXPECT_THAT(helix({"invite", "--list", "hello"}).out, HasSubstr("bob   usr_1"));
  EXPECT_EQ(run_helix({"uninvite", "bob"}, in_session()).status, 0);
  EXPECT_EQ(helix({"uninvite", "../expose", "hello"}).status, 2);
  EXPECT_EQ(helix({"invite"}).status, 2);
}

TEST_F(ExposureFlow, WordsOfTheServerCannotDriveTheTerminal) {
  expose_list(R"({"port":8000,"protocol":"http","name":"a","urls":[],"url":"http://x/\u001b[2J"})");

  EXPECT_THAT(helix({"open", "hello"}).out, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace cli
