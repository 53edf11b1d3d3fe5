#include "io/http/http2_fields.hpp"

#include <gtest/gtest.h>

namespace io::http {
namespace {

TEST(Http2Fields, GiveAWebSocketsHandshakeNoBody) {
  Http2Head head;
  const wire::HeadLimits limits;
  head.add(":method", "CONNECT", limits);
  head.add(":protocol", "websocket", limits);
  head.add(":scheme", "https", limits);
  head.add(":authority", "app.test", limits);
  head.add(":path", "/socket", limits);
  head.add("content-length", "5", limits);

  const auto request = to_request(std::move(head), limits);

  ASSERT_TRUE(request) << request.error().message();
  EXPECT_TRUE(request->websocket);
  EXPECT_EQ(request->framing.kind, wire::Framing::Kind::none);
  EXPECT_EQ(request->head.method, "GET");
  EXPECT_EQ(request->head.fields.count("Content-Length"), 0U)
      << "an app over HTTP/1.1 would take the first frames for a body";
}

}  // namespace
}  // namespace io::http
