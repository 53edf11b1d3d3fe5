/// This program's own standard streams, read and written without blocking the loop.
#pragma once

#include <cstddef>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/error.hpp"
#include "io/task.hpp"

namespace cli {

/// One descriptor, which stays the caller's. Non-blocking mode belongs to the open file, which other programs
/// may share (the shell's terminal), so a pipe or terminal is opened anew; where that cannot be, the mode is
/// put back at the end.
class LocalStream {
 public:
  enum class Direction { in, out };

  LocalStream(const io::asio::any_io_executor& executor, int descriptor, Direction direction);
  ~LocalStream();
  LocalStream(const LocalStream&) = delete;
  LocalStream& operator=(const LocalStream&) = delete;

  /// 0 at the end. A descriptor that cannot be read, or a terminal that is gone, is an end too.
  io::Task<std::size_t> read_some(io::asio::mutable_buffer into);
  /// False when nobody reads any more (broken pipe, full disk): the rest is lost.
  io::Task<bool> write_all(io::asio::const_buffer from);

 private:
  int descriptor_;
  int flags_before_ = -1;  // to put back; -1: nothing
  io::asio::posix::stream_descriptor stream_;
};

}  // namespace cli
