// TLS on accepted connections: real sockets, OpenSSL's client on a thread of its own.
#include "io/tls_server.hpp"

#include <fstream>
#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "io/net.hpp"
#include "support/certificate.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_client.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using support::TlsClient;
using support::TlsWish;

class TlsServerTest : public testing::Test {
 protected:
  TlsServerTest() : listener_(*Listener::tcp(loop_.get_executor(), "127.0.0.1", 0)) {
    support::write_certificate(folder_.path());
    context_ = *TlsContext::load(files(), log_);
  }

  [[nodiscard]] CertificateFiles files() const {
    return {folder_.path() / "tls.crt", folder_.path() / "tls.key"};
  }

  /// What loading says of the files as they are.
  [[nodiscard]] std::string complaint() const {
    const auto loaded = TlsContext::load(files(), log_);
    return loaded ? "" : loaded.error().message();
  }

  /// Starts the client's side; it must end by itself.
  template <class Talk>
  auto beside(Talk talk) {
    const auto port = listener_->port();
    return std::async(std::launch::async, [port, talk] {
      TlsClient client(port);
      return talk(client);
    });
  }

  Task<base::Result<Accepted>> accept(Offer offer = Offer::http1, std::chrono::milliseconds limit = 5s) {
    std::string peer;
    auto stream = co_await listener_->accept(peer);
    auto accepting = accept_either(std::move(stream), context_.get(), offer, limit);
    co_return co_await std::move(accepting);
  }

  Task<std::string> read_all(Stream& stream, std::size_t most = SIZE_MAX) {
    std::string all;
    std::string piece(32 * 1024, '\0');
    while (all.size() < most) {
      const std::size_t size = co_await stream.read_some(asio::buffer(piece));
      if (size == 0) break;
      all.append(piece, 0, size);
    }
    co_return all;
  }

  Task<std::string> accept_and_read() {
    auto accepted = co_await accept();
    co_return co_await read_all(*accepted->stream);
  }

  /// Sends back `size` bytes, then ends its side and reads the client's end.
  Task<std::string> echo(std::size_t size) {
    auto accepted = co_await accept();
    const auto data = co_await read_all(*accepted->stream, size);
    co_await write_all(*accepted->stream, asio::buffer(data));
    co_await accepted->stream->shutdown_write();
    co_return co_await read_all(*accepted->stream);
  }

  template <class T>
  T run(Task<T> task) {
    return support::run(loop_, std::move(task));
  }

  support::TemporaryDirectory folder_;
  std::vector<std::string> lines_;
  base::Log log_{"test", base::LogLevel::info, base::LogFormat::text,
                 [this](std::string_view line) { lines_.emplace_back(line); }};
  boost::asio::io_context loop_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<TlsContext> context_;
};

TEST_F(TlsServerTest, NegotiatesTheVersionOfHttpByTheServersPreference) {
  struct Case {
    Offer offer;
    const char* asked;
    const char* chosen;
  };
  for (const auto& [offer, asked, chosen] :
       {Case{Offer::http2, "http/1.1,h2", "h2"}, Case{Offer::http2, "http/1.1", "http/1.1"},
        Case{Offer::http1, "h2,http/1.1", "http/1.1"}, Case{Offer::http1, "", ""}}) {
    const TlsWish wish{asked, "app.localhost", 0, nullptr};
    auto client = beside([wish](TlsClient& peer) { return peer.handshake(wish) ? peer.alpn() : "refused"; });

    const auto accepted = run(accept(offer));

    ASSERT_TRUE(accepted) << accepted.error().message();
    EXPECT_TRUE(accepted->tls);
    EXPECT_EQ(accepted->alpn, chosen);
    EXPECT_EQ(accepted->server_name, "app.localhost");
    EXPECT_EQ(client.get(), chosen);
  }
  EXPECT_EQ(context_->counts().handshakes, 4U);
}

TEST_F(TlsServerTest, RefusesAnotherProtocolAndOldVersions) {
  for (const auto& wish : {TlsWish{"imap", "", 0, nullptr}, TlsWish{"h2", "", 0, nullptr},
                           TlsWish{"", "", TLS1_1_VERSION, nullptr}}) {
    auto client = beside([wish](TlsClient& peer) { return peer.handshake(wish); });

    const auto accepted = run(accept(Offer::http1));

    ASSERT_FALSE(accepted);
    EXPECT_EQ(accepted.error().code(), ErrorCode::malformed);
    EXPECT_FALSE(client.get());
  }
  EXPECT_EQ(context_->counts().failures, 3U);
}

TEST_F(TlsServerTest, CarriesBytesBothWaysInBothVersions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::string data(1'000'000, 'x');
    for (std::size_t i = 0; i < data.size(); i += 7) data[i] = static_cast<char>(i);
    const TlsWish wish{"", "", version, nullptr};
    auto client = beside([wish, &data](TlsClient& peer) {
      int how = 0;
      const bool sent = peer.handshake(wish) && peer.send(data);
      const auto back = peer.receive_exactly(data.size());
      peer.receive(&how);
      // Its own direction is still open after the server's end.
      const bool more = peer.send("more");
      peer.close_notify();
      return sent && more && back == data && how == SSL_ERROR_ZERO_RETURN;
    });

    EXPECT_EQ(run(echo(data.size())), "more");
    EXPECT_TRUE(client.get());
  }
}

TEST_F(TlsServerTest, TakesAnEndWithoutCloseNotifyForACut) {
  for (const bool proper : {true, false}) {
    auto client = beside([proper](TlsClient& peer) {
      peer.handshake();
      peer.send("half of a body");
      if (proper) peer.close_notify();
      peer.cut();
      return peer.ended();
    });

    if (proper) {
      EXPECT_EQ(run(accept_and_read()), "half of a body");
    }
    if (!proper) {
      EXPECT_THROW(run(accept_and_read()), boost::system::system_error);
    }
    EXPECT_TRUE(client.get());
  }
}

TEST_F(TlsServerTest, ClosesWithoutAProperEnd) {
  auto client = beside([](TlsClient& peer) {
    int how = 0;
    peer.handshake();
    peer.receive(&how);
    return how;
  });

  auto accepted = run(accept());
  accepted->stream->close();

  EXPECT_NE(client.get(), SSL_ERROR_ZERO_RETURN);
  std::array<char, 1> byte{};
  EXPECT_THROW(run(accepted->stream->read_some(asio::buffer(byte))), boost::system::system_error);
}

TEST_F(TlsServerTest, GivesUpOnASlowHandshake) {
  for (const std::string sent : {"", "\x16\x03\x01\x02"}) {
    auto client = beside([sent](TlsClient& peer) {
      peer.send_raw(sent);
      return peer.ended();
    });

    const auto accepted = run(accept(Offer::http1, 50ms));

    ASSERT_FALSE(accepted);
    EXPECT_EQ(accepted.error().code(), ErrorCode::timed_out);
    EXPECT_TRUE(client.get());
  }
  EXPECT_EQ(context_->counts().failures, 1U) << "a connection that is never used is no failure";
}

TEST_F(TlsServerTest, RefusesGarbageAndLogsTheFirstOfAFlood) {
  for (int i = 0; i < 3; ++i) {
    auto client = beside([](TlsClient& peer) {
      peer.send_raw("\x16garbage that is no ClientHello at all");
      return peer.ended();
    });

    const auto accepted = run(accept());

    ASSERT_FALSE(accepted);
    EXPECT_EQ(accepted.error().code(), ErrorCode::malformed);
    EXPECT_TRUE(client.get());
  }
  EXPECT_EQ(context_->counts().failures, 3U);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_NE(lines_[0].find("tls.handshake_failed"), std::string::npos);
  EXPECT_NE(lines_[0].find("127.0.0.1"), std::string::npos);
}

TEST_F(TlsServerTest, BoundsWhatAHandshakeMaySend) {
  // A ClientHello of 128 KiB, which OpenSSL alone would wait for.
  constexpr std::size_t kRecord = 16 * 1024;
  std::string hello("\x01\x01\xff\x00\x03\x03", 6);
  hello.resize(6 * kRecord, 'x');
  auto client = beside([hello](TlsClient& peer) {
    for (std::size_t at = 0; at < hello.size(); at += kRecord)
      peer.send_raw(std::string("\x16\x03\x01\x40\x00", 5) + hello.substr(at, kRecord));
    return peer.ended();
  });

  const auto accepted = run(accept());

  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().message(), "the handshake is too long");
  EXPECT_TRUE(client.get());
}

TEST_F(TlsServerTest, LeavesAPlainConnectionAsItIs) {
  auto client = beside([](TlsClient& peer) {
    peer.send_raw("GET / HTTP/1.1\r\n");
    peer.cut();
    return peer.ended();
  });

  auto accepted = run(accept());

  ASSERT_TRUE(accepted);
  EXPECT_FALSE(accepted->tls);
  EXPECT_GE(accepted->stream->native_handle(), 0);
  EXPECT_EQ(run(read_all(*accepted->stream)), "GET / HTTP/1.1\r\n");
  accepted->stream.reset();
  EXPECT_TRUE(client.get());
}

TEST_F(TlsServerTest, ResumesByTicketAlsoAfterManyHandshakes) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(nullptr, SSL_SESSION_free);
    int resumed = 0;
    for (int i = 0; i < 10; ++i) {
      const TlsWish wish{"", "", version, session.get()};
      auto client = beside([wish, &session, &resumed](TlsClient& peer) {
        if (!peer.handshake(wish) || !peer.send("x") || peer.receive() != "x") return false;
        resumed += SSL_session_reused(peer.ssl());
        session.reset(SSL_get1_session(peer.ssl()));
        peer.close_notify();
        return true;
      });
      EXPECT_EQ(run(echo(1)), "");
      EXPECT_TRUE(client.get());
    }
    EXPECT_EQ(resumed, 9);
  }
}

TEST_F(TlsServerTest, TakesANewPairWhileConnectionsRun) {
  // As Kubernetes mounts a secret: files are links through a folder that is a link itself.
  support::TemporaryDirectory mount;
  const auto data = mount.path() / "..data";
  support::write_certificate(mount.path() / "one", {.name = "one.example"});
  support::write_certificate(mount.path() / "two", {.name = "two.example"});
  std::filesystem::create_directory_symlink("one", data);
  std::filesystem::create_symlink("..data/tls.crt", mount.path() / "tls.crt");
  std::filesystem::create_symlink("..data/tls.key", mount.path() / "tls.key");
  context_ = *TlsContext::load({mount.path() / "tls.crt", mount.path() / "tls.key"}, log_);
  std::promise<void> swapped;
  auto old_client = beside([&swapped](TlsClient& peer) {
    peer.handshake();
    swapped.get_future().wait();
    peer.send("still here");
    peer.close_notify();
    peer.ended();  // closing over unread tickets would reset what was just sent
    return peer.certified();
  });
  auto old = run(accept());

  context_->reload();
  EXPECT_EQ(context_->counts().reloads, 0U) << "nothing changed";
  std::filesystem::create_directory_symlink("two", mount.path() / "..new");
  std::filesystem::rename(mount.path() / "..new", data);
  context_->reload();
  swapped.set_value();

  EXPECT_EQ(context_->counts().reloads, 1U);
  EXPECT_EQ(run(read_all(*old->stream)), "still here");
  old->stream->close();
  EXPECT_EQ(old_client.get(), "one.example");
  auto client = beside([](TlsClient& peer) { return peer.handshake() ? peer.certified() : "refused"; });
  ASSERT_TRUE(run(accept()));
  EXPECT_EQ(client.get(), "two.example");
}

TEST_F(TlsServerTest, KeepsThePairItHasWhenTheNewOneIsBad) {
  support::TemporaryDirectory other;
  support::write_certificate(other.path());
  std::filesystem::copy_file(other.path() / "tls.key", files().key,
                             std::filesystem::copy_options::overwrite_existing);

  for (int look = 0; look < 3; ++look) context_->reload();

  EXPECT_EQ(context_->counts().refused, 1U);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_NE(lines_[0].find("tls.certificate_refused"), std::string::npos);
  EXPECT_NE(lines_[0].find("is not the key of"), std::string::npos) << lines_[0];
  auto client = beside([](TlsClient& peer) { return peer.handshake(); });
  EXPECT_TRUE(run(accept()));
  EXPECT_TRUE(client.get());
}

TEST_F(TlsServerTest, KnowsWhichHostsItsCertificateIsFor) {
  support::write_certificate(folder_.path(), {.name = "*.dev.example"});
  context_->reload();

  EXPECT_TRUE(context_->is_for("app.dev.example"));
  for (const char* host : {"dev.example", "a.b.dev.example", "example", "127.0.0.1", ""})
    EXPECT_FALSE(context_->is_for(host)) << host;
}

TEST_F(TlsServerTest, SaysWhatIsWrongWithFiles) {
  const auto expect = [this](const char* what) {
    EXPECT_NE(complaint().find(what), std::string::npos) << "'" << complaint() << "' instead of " << what;
  };
  const auto cert = files().certificate;
  EXPECT_EQ(complaint(), "");

  support::write_certificate(folder_.path(), {.from = -7200, .until = -3600});
  expect("tls.crt: expired at 20");
  support::write_certificate(folder_.path(), {.from = 3600, .until = 7200});
  expect("tls.crt: is not valid before 20");
  support::write_certificate(folder_.path(), {.passphrase = "open"});
  expect("tls.key: needs a passphrase");
  std::ofstream(files().key) << "no key\n";
  expect("tls.key: holds no private key");
  support::write_certificate(folder_.path());
  std::ofstream(cert, std::ios::app) << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  expect("tls.crt: holds a damaged certificate");
  std::ofstream(cert) << "nothing\n";
  expect("tls.crt: holds no certificate");
  std::ofstream(cert) << std::string(1024 * 1024 + 1, 'x');
  expect("tls.crt: is too large");
  std::filesystem::remove(cert);
  expect("tls.crt: cannot be read: No such file");
}

}  // namespace
}  // namespace io
