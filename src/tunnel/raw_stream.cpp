#include "tunnel/raw_stream.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tunnel {
namespace {

namespace asio = io::asio;
using std::chrono::steady_clock;

/// How long the last bytes of a closed stream have to arrive; below the 2 s within which an abort reaches the
/// app (contracts.md). Chosen.
constexpr std::chrono::seconds kFarewell{1};
constexpr std::chrono::milliseconds kLook{10};

/// Leaves the end and the reset behind it to the kernel, which sends the reset when the end has arrived.
void close_with_reset(io::Stream& stream) {
  const int descriptor = stream.native_handle();
  const int at_once = -1;  // tcp(7): no time in FIN_WAIT2
  const bool set = descriptor >= 0 && ::setsockopt(descriptor, IPPROTO_TCP, TCP_LINGER2, &at_once,
                                                   static_cast<socklen_t>(sizeof at_once)) == 0;
  if (set)
    stream.close();
  else
    stream.reset();
}

/// Holds a stream that its owner has done with until its last bytes have arrived. Owned by its timer.
class Farewell : public std::enable_shared_from_this<Farewell> {
 public:
  explicit Farewell(io::StreamPtr stream)
      : stream_(std::move(stream)), timer_(stream_->executor()), until_(steady_clock::now() + kFarewell) {}

  void look() {
    if (stream_->unsent_bytes() == 0) {
      close_with_reset(*stream_);
      return;
    }
    if (steady_clock::now() >= until_) {
      stream_->reset();
      return;
    }
    timer_.expires_after(kLook);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->look();
    });
  }

 private:
  io::StreamPtr stream_;
  asio::steady_timer timer_;
  steady_clock::time_point until_;
};

class RawStream : public io::Stream {
 public:
  explicit RawStream(io::StreamPtr inner) : inner_(std::move(inner)), executor_(inner_->executor()) {}
  ~RawStream() override { RawStream::close(); }

  asio::any_io_executor executor() override { return executor_; }

  io::Task<std::size_t> read_some(asio::mutable_buffer into) override {
    require_open();
    const Busy busy(busy_);
    const std::size_t size = co_await inner_->read_some(into);
    if (size == 0 && into.size() > 0) read_ended_ = true;
    co_return size;
  }

  io::Task<std::size_t> write_some(asio::const_buffer from) override {
    require_open();
    const Busy busy(busy_);
    co_return co_await inner_->write_some(from);
  }

  io::Task<void> shutdown_write() override {
    require_open();
    const Busy busy(busy_);
    co_await inner_->shutdown_write();
    write_ended_ = true;
  }

  [[nodiscard]] int native_handle() const override { return closed_ ? -1 : inner_->native_handle(); }
  io::Task<void> broken() override {
    require_open();
    return inner_->broken();
  }
  [[nodiscard]] std::size_t unsent_bytes() const override { return closed_ ? 0 : inner_->unsent_bytes(); }

  void close() override {
    if (closed_) return;
    closed_ = true;
    if (read_ended_ && write_ended_) {
      inner_->close();
      return;
    }
    const bool all_arrived = inner_->unsent_bytes() == 0;
    const int descriptor = inner_->native_handle();
    if (descriptor >= 0) ::shutdown(descriptor, SHUT_WR);
    if (all_arrived) {
      close_with_reset(*inner_);
      return;
    }
    // Who reads or writes expects an error now, and holds on to the stream.
    if (busy_ > 0) {
      inner_->reset();
      return;
    }
    std::make_shared<Farewell>(std::move(inner_))->look();
  }

  void reset() override {
    if (closed_) return;
    closed_ = true;
    inner_->reset();
  }

 private:
  void require_open() const {
    if (closed_) throw boost::system::system_error(asio::error::bad_descriptor);
  }

  class Busy {
   public:
    explicit Busy(int& count) : count_(count) { ++count_; }
    ~Busy() { --count_; }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    int& count_;
  };

  io::StreamPtr inner_;
  asio::any_io_executor executor_;
  int busy_ = 0;
  bool read_ended_ = false;
  bool write_ended_ = false;
  bool closed_ = false;
};

}  // namespace

io::StreamPtr make_raw_stream(io::StreamPtr connection) {
  return std::make_unique<RawStream>(std::move(connection));
}

}  // namespace tunnel
