#include <csignal>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/process.hpp"

namespace io {
namespace {

class PipeStream : public Stream {
 public:
  PipeStream(const asio::any_io_executor& executor, int descriptor) : pipe_(executor, descriptor) {
    pipe_.non_blocking(true);
  }

  asio::any_io_executor executor() override { return pipe_.get_executor(); }

  Task<std::size_t> read_some(asio::mutable_buffer into) override {
    boost::system::error_code error;
    const std::size_t size =
        co_await pipe_.async_read_some(into, asio::redirect_error(asio::use_awaitable, error));
    // A terminal answers EIO once nobody has its other side open.
    if (error == asio::error::eof || error.value() == EIO) co_return 0;
    if (error) throw boost::system::system_error(error);
    co_return size;
  }

  Task<std::size_t> write_some(asio::const_buffer from) override {
    return pipe_.async_write_some(from, asio::use_awaitable);
  }

  Task<void> shutdown_write() override {
    close();
    co_return;
  }

  [[nodiscard]] int native_handle() const override {
    return const_cast<asio::posix::stream_descriptor&>(pipe_).native_handle();
  }

  void close() override {
    boost::system::error_code ignored;
    pipe_.close(ignored);
  }

 private:
  asio::posix::stream_descriptor pipe_;
};

}  // namespace

StreamPtr adopt_pipe(const asio::any_io_executor& executor, int descriptor) {
  // Writing to a pipe that nobody reads must fail, not end us; unlike sockets, pipes have no flag for it per
  // write.
  std::signal(SIGPIPE, SIG_IGN);
  return std::make_unique<PipeStream>(executor, descriptor);
}

}  // namespace io
