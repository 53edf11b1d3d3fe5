#include "cli/local_stream.hpp"

#include <fcntl.h>
#include <string>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <sys/stat.h>

namespace cli {
namespace {

namespace asio = io::asio;

/// A second open file on the same pipe or terminal; -1 where there can be none (sockets), or the position
/// must stay shared (files).
int open_anew(int descriptor, LocalStream::Direction direction) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return -1;
  if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return -1;
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  const int mode = direction == LocalStream::Direction::in ? O_RDONLY : O_WRONLY;
  return ::open(path.c_str(), mode | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

void throw_if_cancelled(const boost::system::error_code& error) {
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
}

}  // namespace

LocalStream::LocalStream(const asio::any_io_executor& executor, int descriptor, Direction direction)
    : descriptor_(descriptor), stream_(executor) {
  int own = open_anew(descriptor, direction);
  if (own < 0) {
    flags_before_ = ::fcntl(descriptor, F_GETFL);
    own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  }
  boost::system::error_code error;
  if (own >= 0) stream_.assign(own, error);  // a closed descriptor shows at the first use
}

LocalStream::~LocalStream() {
  boost::system::error_code ignored;
  stream_.close(ignored);
  if (flags_before_ >= 0) ::fcntl(descriptor_, F_SETFL, flags_before_);
}

io::Task<std::size_t> LocalStream::read_some(asio::mutable_buffer into) {
  const auto [error, size] = co_await stream_.async_read_some(into, asio::as_tuple(asio::use_awaitable));
  throw_if_cancelled(error);
  if (error) co_return 0;
  co_return size;
}

io::Task<bool> LocalStream::write_all(asio::const_buffer from) {
  const auto [error, size] = co_await asio::async_write(stream_, from, asio::as_tuple(asio::use_awaitable));
  throw_if_cancelled(error);
  co_return !error;
}

}  // namespace cli
