#include "io/http/router.hpp"

#include <gtest/gtest.h>

namespace io::http {
namespace {

using Kind = Router::Match::Kind;

Router make_router() {
  Router router;
  router.add("GET", "/api/sessions");
  router.add("POST", "/api/sessions");
  router.add("DELETE", "/api/sessions/{id}/expose/{port}");
  router.add("ANY", "/api/sessions/{id}/proxy/{port}/*");
  router.add("GET", "/");
  return router;
}

TEST(Router, FindsRouteAndParameters) {
  const auto match = make_router().match("DELETE", "/api/sessions/ses_1/expose/80");
  ASSERT_EQ(match.kind, Kind::found);
  EXPECT_EQ(match.index, 2U);
  EXPECT_EQ(match.params.find("id")->second, "ses_1");
  EXPECT_EQ(match.params.find("port")->second, "80");
}

TEST(Router, GivesTheRawRest) {
  const auto match = make_router().match("PATCH", "/api/sessions/s/proxy/80//a%2Fb/../c");
  ASSERT_EQ(match.kind, Kind::found);
  EXPECT_EQ(match.params.find("rest")->second, "/a%2Fb/../c");
  EXPECT_EQ(make_router().match("GET", "/api/sessions/s/proxy/80/").params.find("rest")->second, "");
  EXPECT_EQ(make_router().match("GET", "/api/sessions/s/proxy/80").kind, Kind::no_such_path);
}

TEST(Router, NamesTheMethodsThatAPathHas) {
  const auto match = make_router().match("PUT", "/api/sessions");
  EXPECT_EQ(match.kind, Kind::no_such_method);
  EXPECT_EQ(match.allow, "GET, POST");
}

TEST(Router, NormalisesNothing) {
  for (const auto* path : {"/api//sessions", "/api/sessions/", "/api/./sessions", "/API/sessions",
                           "api/sessions", "", "/api/sessions//expose/80", "/api/sessions/%zz/expose/80"})
    EXPECT_EQ(make_router().match("DELETE", path).kind, Kind::no_such_path) << path;
  EXPECT_EQ(make_router().match("GET", "/").kind, Kind::found);
}

}  // namespace
}  // namespace io::http
