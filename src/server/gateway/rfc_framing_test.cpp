// RFC 9112 at socket level, framing: requests that two parsers could understand differently, bodies both
// ways, pipelining, and answers that are invalid or cut short.
#include <gtest/gtest.h>

#include "support/gateway_world.hpp"

namespace server {
namespace {

using namespace std::string_literals;

using support::AppScript;
using support::GatewayWorld;
using support::kEnd;
using support::kReset;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The status line's code of the last answer in `text`, 0 without one.
int status_of(const std::string& text) {
  const auto at = text.find("HTTP/1.1 ");
  return at == std::string::npos ? 0 : std::stoi(text.substr(at + 9, 3));
}

std::string post(const std::string& fields_and_body) {
  return "POST /x HTTP/1.1\r\nHost: app.example\r\n" + fields_and_body;
}

struct Refused {
  const char* name;
  std::string request;
  int status;
};

const std::vector<Refused>& refused_requests() {
  static const std::vector<Refused> rows{
      {"CL.TE", post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"), 400},
      {"TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\nGPOST / HTTP/1.1\r\n\r\n"),
       400},
      {"two lengths that differ", post("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), 400},
      {"two lengths that agree", post("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), 400},
      {"a list of lengths", post("Content-Length: 5, 5\r\n\r\nhello"), 400},
      {"a signed length", post("Content-Length: +5\r\n\r\nhello"), 400},
      {"a negative length", post("Content-Length: -1\r\n\r\n"), 400},
      {"a spaced length", post("Content-Length: 5 5\r\n\r\nhello"), 400},
      {"space before the colon", post("Content-Length : 5\r\n\r\nhello"), 400},
      {"a hexadecimal length", post("Content-Length: 0x5\r\n\r\nhello"), 400},
      {"an empty length", post("Content-Length:\r\n\r\n"), 400},
      {"a length beyond 64 bits", post("Content-Length: 18446744073709551621\r\n\r\nhello"), 400},
      {"a length beyond 63 bits", post("Content-Length: 9223372036854775808\r\n\r\nhello"), 400},
      {"chunked twice", post("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"), 400},
      {"two Transfer-Encodings",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"), 400},
      {"chunked and another", post("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 400},
      {"another coding", post("Transfer-Encoding: identity\r\n\r\n"), 400},
      {"a coding with a tail", post("Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"), 400},
      {"a coding with a vertical tab",
       post("Transfer-Encoding: \x0b"
            "chunked\r\n\r\n0\r\n\r\n"),
       400},
      {"chunked in HTTP/1.0",
       "POST / HTTP/1.0\r\nHost: app.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: app.example\r\n\r\n", 400},
      {"bare LF in the fields", "GET / HTTP/1.1\r\nHost: app.example\nX-A: 1\r\n\r\n", 400},
      {"bare CR in a value", "GET / HTTP/1.1\r\nHost: app.example\r\nX-A: 1\rX-B: 2\r\n\r\n", 400},
      {"obs-fold", "GET / HTTP/1.1\r\nHost: app.example\r\nX-A: 1\r\n folded\r\n\r\n", 400},
      {"obs-fold of the first field", "GET / HTTP/1.1\r\n Host: app.example\r\nHost: app.example\r\n\r\n",
       400},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: app.example\r\nX-A: 1\0\r\n\r\n"s, 400},
      {"a field without a name", "GET / HTTP/1.1\r\nHost: app.example\r\n: 1\r\n\r\n", 400},
      {"a line without a colon", "GET / HTTP/1.1\r\nHost: app.example\r\nX-A\r\n\r\n", 400},
      {"a name with a space", "GET / HTTP/1.1\r\nHost: app.example\r\nX A: 1\r\n\r\n", 400},
      {"a target with a space", "GET /a b HTTP/1.1\r\nHost: app.example\r\n\r\n", 400},
      {"HTTP/1.2 spelled wrong", "GET / HTTP/1.10\r\nHost: app.example\r\n\r\n", 400},
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"HTTP/2 by name", "GET / HTTP/2.0\r\nHost: app.example\r\n\r\n", 505},
  };
  return rows;
}

TEST(RfcFraming, RefusesWhatTwoParsersCouldUnderstandDifferently) {
  GatewayWorld world;
  world.run([](GatewayWorld& at) -> io::Task<void> {
    for (const auto& row : refused_requests()) {
      SCOPED_TRACE(row.name);
      const auto answer = co_await at.ask(row.request);
      EXPECT_EQ(status_of(answer), row.status) << answer;
      EXPECT_TRUE(has(answer, "Connection: close\r\n")) << answer;
      EXPECT_TRUE(answer.ends_with(kEnd)) << answer;
      EXPECT_TRUE(at.got.empty()) << "the app got " << at.got.front();
      at.forget();
    }
  });
}

struct BadBody {
  const char* name;
  std::string body;
};

TEST(RfcFraming, RefusesABrokenChunkAndNeverEndsTheAppsRequestCleanly) {
  const std::vector<BadBody> rows{
      {"bare LF after the size", "5\nhello\r\n0\r\n\r\n"},
      {"bare CR after the size", "5\rhello\r\n0\r\n\r\n"},
      {"a signed size", "+5\r\nhello\r\n0\r\n\r\n"},
      {"a negative size", "-5\r\nhello\r\n0\r\n\r\n"},
      {"a size with a prefix", "0x5\r\nhello\r\n0\r\n\r\n"},
      {"a space before the size", " 5\r\nhello\r\n0\r\n\r\n"},
      {"no size", "\r\nhello\r\n0\r\n\r\n"},
      {"an extension without a size", ";a=b\r\nhello\r\n0\r\n\r\n"},
      {"a size beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"},
      {"a size of 17 digits", "00000000000000005\r\nhello\r\n0\r\n\r\n"},
      {"a chunk longer than it says", "5\r\nhello world\r\n0\r\n\r\n"},
      {"a chunk shorter than it says", "6\r\nhello\r\n0\r\n\r\n"},
      {"LF behind the chunk", "5\r\nhello\n0\r\n\r\n"},
      {"CR in the extension", "5;a=\rb\r\nhello\r\n0\r\n\r\n"},
      {"an extension beyond its limit", "5;" + std::string(1100, 'a') + "\r\nhello\r\n0\r\n\r\n"},
      {"a folded trailer", "5\r\nhello\r\n0\r\nT: 1\r\n 2\r\n\r\n"},
      {"a trailer without a colon", "5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n"},
      {"a trailer with a space before the colon", "5\r\nhello\r\n0\r\nT : 1\r\n\r\n"},
      {"bare LF in a trailer", "5\r\nhello\r\n0\r\nT: 1\n\r\n\r\n"},
  };
  GatewayWorld world;
  world.script.wait_for = "<never>";
  world.run([&](GatewayWorld& at) -> io::Task<void> {
    for (const auto& row : rows) {
      SCOPED_TRACE(row.name);
      at.forget();
      const auto answer = co_await at.ask(post("Transfer-Encoding: chunked\r\n\r\n" + row.body));
      EXPECT_EQ(status_of(answer), 400) << answer;
      EXPECT_TRUE(has(answer, "Connection: close\r\n")) << answer;
      const auto told = [&] { return at.got.empty() || at.got.front().ends_with('>'); };
      const bool app_saw_end = co_await GatewayWorld::soon(told);
      EXPECT_TRUE(app_saw_end);
      EXPECT_TRUE(at.got.empty() || !has(at.got.front(), "\r\n0\r\n")) << at.got.front();
    }
  });
}

struct Carried {
  const char* name;
  std::string request;  // behind its method and target
  std::string app_got;  // at the end of what it got
};

TEST(RfcFraming, CarriesBodiesToTheApp) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<Carried> rows{
      {"a length", post("Content-Length: 5\r\nConnection: close\r\n\r\nhello"), "\r\n\r\nhello"},
      {"a length of nothing", post("Content-Length: 0\r\nConnection: close\r\n\r\n"), "\r\n\r\n"},
      {"a length with zeros in front", post("Content-Length: 0005\r\nConnection: close\r\n\r\nhello"),
       "\r\n\r\nhello"},
      {"one chunk", post("Connection: close\r\n" + chunked + "5\r\nhello\r\n0\r\n\r\n"),
       "\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
      {"extensions, which are dropped",
       post("Connection: close\r\n" + chunked + "5;a=b;c=\"d;e\"\r\nhello\r\n0;z\r\n\r\n"),
       "\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
      {"blanks behind the size", post("Connection: close\r\n" + chunked + "5  ;a=b\r\nhello\r\n0\r\n\r\n"),
       "\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
      {"zeros in front of the size", post("Connection: close\r\n" + chunked + "0005\r\nhello\r\n000\r\n\r\n"),
       "\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
      {"a coding in capitals",
       post("Connection: close\r\nTransfer-Encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
       "\r\n\r\n1\r\nx\r\n0\r\n\r\n"},
      {"trailers",
       post("Connection: close\r\n" + chunked + "1\r\nx\r\n0\r\ngrpc-status: 0\r\nX-Digest: a b\r\n\r\n"),
       "1\r\nx\r\n0\r\ngrpc-status: 0\r\nX-Digest: a b\r\n\r\n"},
      {"trailers that would be credentials, routing or framing",
       post(
           "Connection: close\r\n" + chunked +
           "1\r\nx\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\nHost: b\r\nAuthorization: Bearer x\r\nCookie: a=b\r\n"
           "Content-Length: 9\r\nTransfer-Encoding: x\r\nX-Helix-Authorization: Bearer x\r\nConnection: T\r\n"
           "Forwarded: for=x\r\nX-Real-IP: 6.6.6.6\r\nx_forwarded_for: 6.6.6.6\r\nT: kept\r\n\r\n"),
       "1\r\nx\r\n0\r\nT: kept\r\n\r\n"},
  };
  GatewayWorld world;
  world.run([&](GatewayWorld& at) -> io::Task<void> {
    for (const auto& row : rows) {
      SCOPED_TRACE(row.name);
      at.forget();
      at.script.wait_for = row.app_got;
      const auto answer = co_await at.ask(row.request);
      EXPECT_EQ(status_of(answer), 200) << answer;
      EXPECT_TRUE(has(at.got.front(), row.app_got)) << at.got.front();
    }
  });
}

TEST(RfcFraming, AnswersPipelinedRequestsInTheirOrder) {
  GatewayWorld world;
  world.run([](GatewayWorld& at) -> io::Task<void> {
    at.script.behave = [](io::Stream& stream, std::string& got) -> io::Task<void> {
      co_await support::read_into(stream, got, "\r\n\r\n");
      const auto target = got.substr(got.find(' ') + 1, 2);
      co_await support::say(stream, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(target.size()) +
                                        "\r\n\r\n" + target);
      co_await support::read_into(stream, got, "");
    };
    const auto answer = co_await at.ask(
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
        "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
        "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const auto first = answer.find("\r\n\r\n/1");
    const auto second = answer.find("\r\n\r\n/2");
    const auto third = answer.find("\r\n\r\n/3");
    EXPECT_TRUE(first < second && second < third && third != std::string::npos) << answer;
    EXPECT_EQ(at.got.size(), 3U);
    for (const auto& got : at.got)
      EXPECT_EQ(got.find("HTTP/1.1", got.find("HTTP/1.1") + 1), std::string::npos) << got;
  });
}

struct BadAnswer {
  const char* name;
  std::string answer;
};

TEST(RfcFraming, TakesNoInvalidAnswerForOne) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::vector<BadAnswer> rows{
      {"nothing", ""},
      {"rubbish", "rubbish\r\n\r\n"},
      {"half a head", "HTTP/1.1 200 OK\r\nContent-Le"},
      {"both lengths", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"two lengths", ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
      {"a list of lengths", ok + "Content-Length: 5, 5\r\n\r\nhello"},
      {"a signed length", ok + "Content-Length: +5\r\n\r\nhello"},
      {"a length beyond 64 bits", ok + "Content-Length: 18446744073709551621\r\n\r\nhello"},
      {"another coding", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"space before the colon", ok + "Content-Length : 5\r\n\r\nhello"},
      {"obs-fold", ok + "X-A: 1\r\n 2\r\nContent-Length: 0\r\n\r\n"},
      {"bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n"},
      {"NUL in a value", ok + "X-A: \0\r\nContent-Length: 0\r\n\r\n"s},
      {"a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"},
      {"HTTP/2 by name", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
      {"a head beyond its limit", ok + "X-A: " + std::string(65536, 'a') + "\r\n\r\n"},
  };
  GatewayWorld world;
  world.script.end = AppScript::End::close;
  world.run([&](GatewayWorld& at) -> io::Task<void> {
    for (const auto& row : rows) {
      SCOPED_TRACE(row.name);
      at.script.answer = row.answer;
      const auto answer = co_await at.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      EXPECT_EQ(status_of(answer), 502) << answer;
      EXPECT_TRUE(has(answer, "Content-Type: application/problem+json\r\n")) << answer;
      EXPECT_TRUE(answer.ends_with(kEnd)) << answer;
    }
  });
}

struct CutShort {
  const char* name;
  std::string answer;
  AppScript::End end;
};

TEST(RfcFraming, LeavesATruncatedAnswerTruncated) {
  const std::string length = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
  const std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::vector<CutShort> rows{
      {"a length, ended", length, AppScript::End::close},
      {"a length, reset", length, AppScript::End::reset},
      {"a chunk, ended", chunks + "a\r\nhalf", AppScript::End::close},
      {"a chunk, reset", chunks + "a\r\nhalf", AppScript::End::reset},
      {"no last chunk", chunks + "4\r\nhalf\r\n", AppScript::End::close},
      {"no end of the trailers", chunks + "4\r\nhalf\r\n0\r\nT: 1\r\n", AppScript::End::close},
      {"a broken chunk", chunks + "4\r\nhalf\r\nzz\r\n", AppScript::End::hold},
      {"a chunk longer than it says", chunks + "4\r\nhalfway\r\n0\r\n\r\n", AppScript::End::hold},
      {"a broken trailer", chunks + "4\r\nhalf\r\n0\r\nT : 1\r\n\r\n", AppScript::End::hold},
      {"the end is the end of the connection, reset", "HTTP/1.1 200 OK\r\n\r\nhalf", AppScript::End::reset},
  };
  for (const auto carrier : {GatewayWorld::Carrier::raw, GatewayWorld::Carrier::framed}) {
    GatewayWorld world(carrier);
    const auto body = [&](GatewayWorld& at) -> io::Task<void> {
      for (const auto& row : rows) {
        for (const std::string version : {"1.1", "1.0"}) {
          SCOPED_TRACE(row.name + (" to HTTP/" + version));
          // A tunnel with frames knows one kind of end: there, and only there, this one cannot be told.
          const bool is_told_apart = carrier == GatewayWorld::Carrier::raw ||
                                     has(row.answer, "Content-Length") || has(row.answer, "chunked");
          if (!is_told_apart) continue;
          at.script.answer = row.answer;
          at.script.end = row.end;
          const auto answer = co_await at.ask("GET / HTTP/" + version + "\r\nHost: h\r\n\r\n");
          EXPECT_EQ(status_of(answer), 200) << answer;
          EXPECT_FALSE(has(answer, "\r\n0\r\n")) << answer;
          EXPECT_TRUE(answer.ends_with(kReset)) << answer;
        }
      }
    };
    world.run(body);
  }
}

TEST(RfcFraming, EndsAnAnswerWhoseEndIsTheConnections) {
  GatewayWorld world;
  world.script.answer = "HTTP/1.1 200 OK\r\n\r\nwhole";
  world.script.end = AppScript::End::close;
  world.run([](GatewayWorld& at) -> io::Task<void> {
    const auto modern = co_await at.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(has(modern, "\r\n\r\n5\r\nwhole\r\n0\r\n\r\n")) << modern;
    const auto old = co_await at.ask("GET / HTTP/1.0\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(old.ends_with("\r\n\r\nwhole" + std::string(kEnd))) << old;
  });
}

TEST(RfcFraming, KeepsStrayBytesBehindAnAnswerFromTheNextRequest) {
  GatewayWorld world;
  world.script.answer =
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";
  world.run([](GatewayWorld& at) -> io::Task<void> {
    auto stream = co_await at.open();
    co_await support::say(*stream, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto first = co_await support::read_until(*stream, "\r\n\r\nok");
    at.script.answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond";
    co_await support::say(*stream, "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const auto second = co_await support::read_until(*stream, "");
    EXPECT_TRUE(first.ends_with("\r\n\r\nok")) << first;
    EXPECT_TRUE(second.ends_with("\r\n\r\nsecond" + std::string(kEnd))) << second;
    EXPECT_FALSE(has(second, "stray")) << second;
  });
}

TEST(RfcFraming, CarriesChunksAndTrailersToTheClient) {
  GatewayWorld world;
  world.script.answer =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n"
      "Set-Cookie: a=b\r\nContent-Length: 9\r\nX-Forwarded-For: x\r\ngrpc-status: 0\r\n\r\n";
  world.run([](GatewayWorld& at) -> io::Task<void> {
    const auto modern =
        co_await at.ask("GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(modern.ends_with("3\r\nabc\r\n0\r\nT: 1\r\ngrpc-status: 0\r\n\r\n" + std::string(kEnd)))
        << modern;
    EXPECT_TRUE(has(at.got.front(), "TE: trailers\r\n")) << at.got.front();
    const auto old = co_await at.ask("GET / HTTP/1.0\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(old.ends_with("\r\n\r\nabc" + std::string(kEnd))) << old;
    EXPECT_FALSE(has(old, "Transfer-Encoding")) << old;
  });
}

}  // namespace
}  // namespace server
