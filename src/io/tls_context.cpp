#include <csignal>
#include <ctime>
#include <fstream>
#include <iterator>
#include <unistd.h>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/clock.hpp"
#include "io/timeout.hpp"
#include "io/tls_context_impl.hpp"

namespace io {
namespace {

using base::ErrorCode;
using base::Result;

/// How often the files are looked at. docs/decisions/0012.
constexpr std::chrono::seconds kLook{2};
/// Tickets are sealed with a key of their context: a new one now and then bounds what a stolen key opens.
/// Chosen.
constexpr std::chrono::hours kTicketKeyLife{12};
/// A chain with every intermediate is some ten kilobytes. Chosen.
constexpr std::size_t kFileBytes = 1024 * 1024;
constexpr std::chrono::minutes kLogEvery{1};

/// Mozilla's "intermediate" of version 5.7 without its finite-field exchanges, which cost a server far more
/// than a client. TLS 1.3 has its own list, which is fine as it comes.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* value) const {
    Free(value);
  }
};
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

tl::unexpected<base::Error> refuse(const std::filesystem::path& file, const std::string& what) {
  return base::fail(ErrorCode::invalid_argument, file.string() + ": " + what);
}

Result<std::string> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return refuse(file, "cannot be read: " + std::generic_category().message(errno));
  std::string text(kFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kFileBytes) return refuse(file, "is too large for a certificate or key");
  return text;
}

BioPtr over(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Asked for a passphrase, OpenSSL would else read it from the terminal.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<std::vector<X509Ptr>> read_certificates(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  const auto bio = over(*text);
  std::vector<X509Ptr> chain;
  while (X509Ptr next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)})
    chain.push_back(std::move(next));
  // At the end of the file "no start line" is left over; anything else is a block that cannot be read.
  const auto left = ERR_peek_last_error();
  ERR_clear_error();
  if (chain.empty()) return refuse(file, "holds no certificate in PEM form");
  if (ERR_GET_REASON(left) != PEM_R_NO_START_LINE) return refuse(file, "holds a damaged certificate");
  return chain;
}

Result<KeyPtr> read_key(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  bool asked = false;
  KeyPtr key(PEM_read_bio_PrivateKey(over(*text).get(), nullptr, no_passphrase, &asked));
  OPENSSL_cleanse(text->data(), text->size());
  ERR_clear_error();
  if (key) return key;
  return refuse(
      file, asked ? "needs a passphrase, which nobody is there to give" : "holds no private key in PEM form");
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return static_cast<std::int64_t>(::timegm(&parts));
}

std::string date_of(std::int64_t seconds) {
  return base::to_rfc3339(base::Time(std::chrono::seconds(seconds)));
}

/// Whether the kernel can seal records itself. Asked once: each connection's own try would make a kernel
/// without look for the module again.
bool kernel_has_tls() {
  static const bool found = [] {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return false;
    // Unconnected, so that it cannot succeed; a kernel that knows the name complains of that.
    const int result = ::setsockopt(descriptor, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls");
    const bool known = result == 0 || errno == ENOTCONN;
    ::close(descriptor);
    return known;
  }();
  return found;
}

/// ALPN, RFC 7301: the server's preference; the connection says what it offers. A client that speaks neither
/// is refused, so that nobody takes our answers for another protocol's.
int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void*) {
  static constexpr unsigned char kBoth[] = "\x02h2\x08http/1.1";
  constexpr std::size_t kHttp2Bytes = 3;
  const bool http2 = SSL_get_app_data(ssl) != nullptr;
  const std::size_t skip = http2 ? 0 : kHttp2Bytes;
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_size, kBoth + skip,
                                           static_cast<unsigned int>(sizeof kBoth - 1 - skip), in, in_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::shared_ptr<SSL_CTX> bare_context() {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  auto* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  if (kernel_has_tls()) SSL_CTX_set_options(raw, SSL_OP_ENABLE_KTLS);
  SSL_CTX_set_cipher_list(raw, kCiphers);
  SSL_CTX_set1_groups_list(raw, kGroups);
  SSL_CTX_set_mode(
      raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(raw, 1);
  // Tickets only: what a client may resume is with the client and takes no memory here.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  return context;
}

Result<LoadedPair> load_pair(const CertificateFiles& files) {
  const auto chain = read_certificates(files.certificate);
  if (!chain) return tl::unexpected(chain.error());
  const auto key = read_key(files.key);
  if (!key) return tl::unexpected(key.error());
  auto* leaf = chain->front().get();
  const auto now = static_cast<std::int64_t>(std::time(nullptr));
  const auto from = seconds_of(X509_get0_notBefore(leaf));
  const auto until = seconds_of(X509_get0_notAfter(leaf));
  if (until < now) return refuse(files.certificate, "expired at " + date_of(until));
  if (from > now) return refuse(files.certificate, "is not valid before " + date_of(from));
  if (X509_check_private_key(leaf, key->get()) != 1) {
    ERR_clear_error();
    return refuse(files.key, "is not the key of " + files.certificate.string());
  }
  auto context = bare_context();
  ERR_clear_error();
  if (SSL_CTX_use_certificate(context.get(), leaf) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key->get()) != 1)
    return refuse(files.certificate, "is not fit for TLS: " + take_tls_error());
  for (std::size_t i = 1; i < chain->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), (*chain)[i].get()) != 1)
      return refuse(files.certificate, "has a chain that is not fit for TLS: " + take_tls_error());
  }
  return LoadedPair{std::move(context), until};
}

/// stat(2) follows links: where one is swapped, the inode is another. All zero for what is not there.
FileMarks marks_of(const CertificateFiles& files) {
  FileMarks marks{};
  auto* at = marks.data();
  for (const auto* file : {&files.certificate, &files.key}) {
    struct stat found{};
    if (::stat(file->c_str(), &found) == 0) {
      constexpr std::int64_t kNano = 1'000'000'000;
      at[0] = static_cast<std::int64_t>(found.st_dev);
      at[1] = static_cast<std::int64_t>(found.st_ino);
      at[2] = found.st_size;
      at[3] = found.st_mtim.tv_sec * kNano + found.st_mtim.tv_nsec;
      at[4] = found.st_ctim.tv_sec * kNano + found.st_ctim.tv_nsec;
      at[5] = 1;
    }
    at += marks.size() / 2;
  }
  return marks;
}

}  // namespace

std::string take_tls_error() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

void TlsContext::Impl::on_failure(const std::string& peer, const base::Error& error) {
  ++counts.failures;
  const auto now = std::chrono::steady_clock::now();
  if (counts.failures > 1 && now - logged < kLogEvery) {
    ++unlogged;
    return;
  }
  log.warn("tls.handshake_failed", {{"peer", peer}, {"reason", error.message()}, {"unlogged", unlogged}});
  logged = now;
  unlogged = 0;
}

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::load(CertificateFiles files, base::Log log) {
  // OpenSSL writes to the socket without the flag that keeps a peer's end from ending us.
  std::signal(SIGPIPE, SIG_IGN);
  auto impl = std::make_unique<Impl>(std::move(files), std::move(log));
  impl->marks = marks_of(impl->files);
  auto pair = load_pair(impl->files);
  if (!pair) return tl::unexpected(pair.error());
  impl->pair = *std::move(pair);
  impl->made = std::chrono::steady_clock::now();
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

void TlsContext::reload() {
  // Before they are read: what changes meanwhile shows at the next look.
  const auto marks = marks_of(impl_->files);
  const auto now = std::chrono::steady_clock::now();
  const bool changed = marks != impl_->marks;
  if (!changed && now - impl_->made < kTicketKeyLife) return;
  impl_->marks = marks;
  impl_->made = now;
  auto pair = load_pair(impl_->files);
  if (!pair) {
    ++impl_->counts.refused;
    impl_->log.warn("tls.certificate_refused",
                    {{"error", pair.error().message()}, {"kept_until", date_of(impl_->pair.not_after)}});
    return;
  }
  impl_->pair = *std::move(pair);
  if (!changed) return;
  ++impl_->counts.reloads;
  impl_->log.info("tls.certificate_reloaded", {{"file", impl_->files.certificate.string()},
                                               {"not_after", date_of(impl_->pair.not_after)}});
}

Task<void> TlsContext::watch() {
  while (true) {
    co_await sleep_for(kLook);
    reload();
  }
}

TlsContext::Counts TlsContext::counts() const { return impl_->counts; }

bool TlsContext::is_for(const std::string& host) const {
  auto* leaf = SSL_CTX_get0_certificate(impl_->pair.context.get());
  return X509_check_ip_asc(leaf, host.c_str(), 0) == 1 ||
         X509_check_host(leaf, host.data(), host.size(), 0, nullptr) == 1;
}

std::int64_t TlsContext::not_after() const { return impl_->pair.not_after; }

}  // namespace io
