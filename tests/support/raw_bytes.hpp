/// Reading and writing plain bytes on a stream, for tests that stand where a peer stands.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "io/stream.hpp"

namespace support {

namespace asio = boost::asio;

inline constexpr std::string_view kEnd = "<end>";      // stands for the peer's end in what was read
inline constexpr std::string_view kReset = "<reset>";  // and for a broken connection

/// Reads until `mark` is in `text`, or the peer ends or breaks; "" reads to the end.
inline io::Task<void> read_into(io::Stream& stream, std::string& text, std::string mark) {
  std::array<char, 65536> buffer{};
  while (mark.empty() || text.find(mark) == std::string::npos) {
    std::size_t size = 0;
    try {
      size = co_await stream.read_some(asio::buffer(buffer));
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) throw;
      text += kReset;
      co_return;
    }
    if (size == 0) {
      text += kEnd;
      co_return;
    }
    text.append(buffer.data(), size);
  }
}

inline io::Task<std::string> read_until(io::Stream& stream, std::string mark) {
  std::string text;
  co_await read_into(stream, text, std::move(mark));
  co_return text;
}

inline io::Task<void> say(io::Stream& stream, std::string text) {
  co_await io::write_all(stream, asio::buffer(text));
}

}  // namespace support
