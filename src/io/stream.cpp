#include "io/stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace io {
namespace {

/// Reads what was buffered before, then passes everything on.
class PrefixedStream : public Stream {
 public:
  PrefixedStream(StreamPtr inner, std::string prefix)
      : inner_(std::move(inner)), prefix_(std::move(prefix)) {}

  asio::any_io_executor executor() override { return inner_->executor(); }

  Task<std::size_t> read_some(asio::mutable_buffer into) override {
    if (at_ == prefix_.size()) co_return co_await inner_->read_some(into);
    const std::size_t size = std::min(into.size(), prefix_.size() - at_);
    std::memcpy(into.data(), prefix_.data() + at_, size);
    at_ += size;
    co_return size;
  }

  Task<std::size_t> write_some(asio::const_buffer from) override { return inner_->write_some(from); }
  Task<void> shutdown_write() override { return inner_->shutdown_write(); }
  [[nodiscard]] int native_handle() const override {
    return at_ == prefix_.size() ? inner_->native_handle() : -1;
  }
  [[nodiscard]] bool has_half_close() const override { return inner_->has_half_close(); }
  Task<void> broken() override { return inner_->broken(); }
  [[nodiscard]] std::size_t unsent_bytes() const override { return inner_->unsent_bytes(); }
  void close() override { inner_->close(); }
  void reset() override { inner_->reset(); }

 private:
  StreamPtr inner_;
  std::string prefix_;
  std::size_t at_ = 0;
};

}  // namespace

Task<void> Stream::broken() {
  asio::steady_timer never(executor(), asio::steady_timer::time_point::max());
  co_await never.async_wait(asio::use_awaitable);
}

Task<void> write_all(Stream& stream, asio::const_buffer from) {
  while (from.size() > 0) {
    const std::size_t size = co_await stream.write_some(from);
    from += size;
  }
}

void BufferedStream::consume(std::size_t size) {
  start_ += std::min(size, buffer_.size() - start_);
  if (start_ == buffer_.size()) {
    buffer_.clear();
    start_ = 0;
  }
}

Task<std::size_t> BufferedStream::fill(std::size_t most) {
  if (start_ > 0) {
    buffer_.erase(0, start_);
    start_ = 0;
  }
  const std::size_t held = buffer_.size();
  // Read beside the buffer, so that a cancelled read leaves no bytes in it that were never received.
  if (scratch_.size() < most) scratch_.resize(most);
  const std::size_t size = co_await stream_->read_some(asio::buffer(scratch_.data(), most));
  buffer_.resize(held + size);
  std::memcpy(buffer_.data() + held, scratch_.data(), size);
  co_return size;
}

Task<std::size_t> BufferedStream::read_some(asio::mutable_buffer into) {
  if (buffered().empty()) co_return co_await stream_->read_some(into);
  const std::size_t size = std::min(into.size(), buffered().size());
  std::memcpy(into.data(), buffered().data(), size);
  consume(size);
  co_return size;
}

StreamPtr BufferedStream::release() {
  if (buffered().empty()) return std::move(stream_);
  return std::make_unique<PrefixedStream>(std::move(stream_), std::string(buffered()));
}

}  // namespace io
