#include "wire/http_body.hpp"

#include <gtest/gtest.h>

namespace wire {
namespace {

RequestHead request(std::initializer_list<Field> fields, int minor = 1) {
  RequestHead head;
  head.method = "POST";
  head.target = "/";
  head.minor_version = minor;
  for (const auto& field : fields) head.fields.add(field.name, field.value);
  return head;
}

int refusal(std::initializer_list<Field> fields, int minor = 1) {
  const auto framing = request_framing(request(fields, minor));
  return framing ? 200 : framing.error().status();
}

/// Feeds `text` in pieces of `size` bytes, keeping what was not consumed, as a connection does.
std::string decode_all(BodyDecoder& decoder, const std::string& text, std::size_t size,
                       std::string* rest = nullptr) {
  std::string out;
  std::string held;
  for (std::size_t at = 0; at < text.size(); at += size) {
    held += text.substr(at, size);
    while (!decoder.done()) {
      const auto step = decoder.decode(held);
      if (!step) return "error " + std::to_string(step.error().status());
      out += step->payload;
      if (step->consumed == 0) break;
      held.erase(0, step->consumed);
    }
  }
  if (rest != nullptr) *rest = held;
  return out;
}

TEST(RequestFraming, RefusesAmbiguousLengths) {
  EXPECT_EQ(refusal({{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}), 400);
  EXPECT_EQ(refusal({{"Content-Length", "5"}, {"Content-Length", "5"}}), 400);
  for (const std::string value :
       {"+5", "-5", "5 5", "0x5", "", "5,5", "99999999999999999999", "9223372036854775808"})
    EXPECT_EQ(refusal({{"Content-Length", value}}), 400) << value;
  for (const std::string value : {"gzip, chunked", "chunked, chunked", "identity", "xchunked", "chunked;a=b"})
    EXPECT_EQ(refusal({{"Transfer-Encoding", value}}), 400) << value;
  EXPECT_EQ(refusal({{"Transfer-Encoding", "chunked"}}, 0), 400);
}

TEST(RequestFraming, TakesWhatIsClear) {
  EXPECT_EQ(request_framing(request({}))->kind, Framing::Kind::none);
  EXPECT_EQ(request_framing(request({{"Content-Length", "5"}}))->length, 5U);
  EXPECT_EQ(request_framing(request({{"Transfer-Encoding", "Chunked"}}))->kind, Framing::Kind::chunked);
}

TEST(ResponseFraming, KnowsAnswersWithoutBody) {
  ResponseHead head;
  head.fields.add("Content-Length", "5");
  EXPECT_EQ(response_framing(head, "GET")->kind, Framing::Kind::length);
  EXPECT_EQ(response_framing(head, "HEAD")->kind, Framing::Kind::none);
  head.status = 304;
  EXPECT_EQ(response_framing(head, "GET")->kind, Framing::Kind::none);
  EXPECT_EQ(response_framing(ResponseHead{}, "GET")->kind, Framing::Kind::until_close);
}

TEST(BodyDecoder, ReadsChunksInPiecesOfEverySize) {
  const std::string text = "5\r\nhello\r\nA;ext=\"x\"\r\n0123456789\r\n0\r\nX-T: v\r\n\r\nNEXT";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    BodyDecoder decoder({Framing::Kind::chunked, 0});
    std::string rest;
    EXPECT_EQ(decode_all(decoder, text, size, &rest), "hello0123456789") << size;
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(decoder.trailers().find("x-t"), "v");
    EXPECT_TRUE(std::string("NEXT").starts_with(rest) || rest == "NEXT") << rest;
  }
}

TEST(BodyDecoder, RefusesBrokenChunks) {
  for (const std::string text : {"5\nhello\r\n", "-5\r\nhello\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n",
                                 "g\r\n", "\r\n", "5\r\nhelloX\r\n", "11111111111111111\r\n",
                                 "5\r\rhello\r\n\n", "0\r\nbad line\r\n\r\n", " 5\r\nhello\r\n"}) {
    BodyDecoder decoder({Framing::Kind::chunked, 0});
    EXPECT_EQ(decode_all(decoder, text, text.size()), "error 400") << text;
  }
}

TEST(BodyDecoder, StopsAtTheLength) {
  BodyDecoder decoder({Framing::Kind::length, 5});
  std::string rest;
  EXPECT_EQ(decode_all(decoder, "helloNEXT", 9, &rest), "hello");
  EXPECT_EQ(rest, "NEXT");
}

TEST(EncodeChunk, RoundTrips) {
  std::string wire;
  encode_chunk_start(3, wire);
  wire += "abc\r\n";
  Fields trailers;
  trailers.add("T", "1");
  encode_last_chunk(trailers, wire);
  BodyDecoder decoder({Framing::Kind::chunked, 0});
  EXPECT_EQ(decode_all(decoder, wire, 4), "abc");
  EXPECT_EQ(decoder.trailers().find("T"), "1");
}

}  // namespace
}  // namespace wire
