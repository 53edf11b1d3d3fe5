#include "io/http/http2_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "io/http/http2_session.hpp"

namespace io::http {
namespace {

using std::chrono::milliseconds;

tl::unexpected<base::Error> timed_out() {
  return base::fail(base::ErrorCode::timed_out, "nothing moved on the stream for too long");
}

}  // namespace

tl::unexpected<base::Error> Http2Stream::failure() const { return base::fail(failure_code_, failure_text_); }

void Http2Stream::notify() {
  readable_.notify();
  writable_.notify();
  closed_.notify();
}

Task<base::Result<Http2Head>> Http2Stream::read_head(milliseconds idle) {
  while (heads_.empty()) {
    if (session_ == nullptr) co_return failure();
    const bool woken = co_await readable_.wait(idle);
    if (!woken) co_return timed_out();
  }
  Http2Head head = std::move(heads_.front());
  heads_.pop_front();
  co_return head;
}

Task<base::Result<std::string>> Http2Stream::read_some(milliseconds idle, std::size_t most) {
  while (inbox_.size() == inbox_start_) {
    if (remote_ended_) co_return std::string();
    if (session_ == nullptr) co_return failure();
    const bool woken = co_await readable_.wait(idle);
    if (!woken) co_return timed_out();
  }
  std::string piece = inbox_.substr(inbox_start_, most);
  inbox_start_ += piece.size();
  if (inbox_start_ == inbox_.size()) {
    inbox_.clear();
    inbox_start_ = 0;
  }
  if (session_ != nullptr) session_->consume(*this, piece.size());
  co_return piece;
}

Task<bool> Http2Stream::wait_closed() {
  while (session_ != nullptr) co_await closed_.wait();
  co_return remote_ended_&& ends_sent_ > 0;
}

Task<base::Result<void>> Http2Stream::until_sent(const std::uint64_t& sent, std::uint64_t goal,
                                                 milliseconds idle) {
  while (sent < goal) {
    if (session_ == nullptr) co_return failure();
    const bool woken = co_await writable_.wait(idle);
    if (!woken) co_return timed_out();
  }
  co_return base::Result<void>();
}

Task<base::Result<void>> Http2Stream::send_head(wire::Fields fields, bool final, bool ends,
                                                milliseconds idle) {
  if (session_ == nullptr) co_return failure();
  session_->submit_head(*this, fields, final, ends);
  const auto goal = ++heads_submitted_;
  co_return co_await until_sent(heads_sent_, goal, idle);
}

Task<base::Result<void>> Http2Stream::head_sent(milliseconds idle) {
  co_return co_await until_sent(heads_sent_, 1, idle);
}

Task<base::Result<void>> Http2Stream::write(asio::const_buffer data, milliseconds idle) {
  // Forgets the caller's bytes however this ends.
  struct Forget {
    asio::const_buffer& outgoing;
    ~Forget() { outgoing = {}; }
  } forget{outgoing_};
  outgoing_ = data;
  if (session_ != nullptr) session_->resume(*this);
  while (outgoing_.size() > 0) {
    if (session_ == nullptr || end_wanted_) co_return failure();
    const auto before = outgoing_.size();
    const bool woken = co_await writable_.wait(idle);
    if (!woken && outgoing_.size() == before) co_return timed_out();
  }
  co_return base::Result<void>();
}

Task<base::Result<void>> Http2Stream::finish(wire::Fields trailers, milliseconds idle) {
  if (ends_sent_ == 0 && session_ == nullptr) co_return failure();
  if (!end_wanted_) {
    end_wanted_ = true;
    end_trailers_ = from_trailers(trailers);
    if (session_ != nullptr) session_->resume(*this);
  }
  co_return co_await until_sent(ends_sent_, 1, idle);
}

void Http2Stream::reset(Http2Error error) {
  if (session_ == nullptr) return;
  discard_ = true;
  session_->reset(*this, error);
}

void Http2Stream::leave() {
  if (session_ == nullptr || discard_) return;
  discard_ = true;
  if (inbox_.size() > inbox_start_) session_->consume(*this, inbox_.size() - inbox_start_);
  inbox_.clear();
  inbox_start_ = 0;
  if (ends_sent_ > 0) {
    if (!remote_ended_) session_->reset(*this, Http2Error::no_error);
    return;
  }
  end_wanted_ = true;  // the session resets the rest once the end is sent
  session_->resume(*this);
}

namespace {

class Http2ByteStream final : public Stream {
 public:
  Http2ByteStream(Http2StreamPtr stream, asio::any_io_executor executor, milliseconds idle,
                  std::shared_ptr<void> keep)
      : keep_(std::move(keep)), stream_(std::move(stream)), executor_(std::move(executor)), idle_(idle) {}
  ~Http2ByteStream() override { stream_->leave(); }

  asio::any_io_executor executor() override { return executor_; }

  Task<std::size_t> read_some(asio::mutable_buffer into) override {
    const auto piece = co_await stream_->read_some(idle_, into.size());
    if (!piece) throw boost::system::system_error(code_of(piece.error()));
    std::memcpy(into.data(), piece->data(), piece->size());
    co_return piece->size();
  }

  Task<std::size_t> write_some(asio::const_buffer from) override {
    const auto written = co_await stream_->write(from, idle_);
    if (!written) throw boost::system::system_error(code_of(written.error()));
    co_return from.size();
  }

  Task<void> shutdown_write() override {
    wire::Fields none;
    // A peer that is gone will be noticed by the reader.
    static_cast<void>(co_await stream_->finish(std::move(none), idle_));
  }

  [[nodiscard]] int native_handle() const override { return -1; }

  Task<void> broken() override {
    const bool both_ended = co_await stream_->wait_closed();
    Signal never(executor_);
    if (both_ended) co_await never.wait();
  }

  void close() override { stream_->reset(Http2Error::cancel); }
  void reset() override { stream_->reset(Http2Error::internal_error); }

 private:
  static boost::system::error_code code_of(const base::Error& error) {
    if (error.code() == base::ErrorCode::timed_out) return asio::error::timed_out;
    return asio::error::connection_reset;
  }

  std::shared_ptr<void> keep_;  // destroyed after stream_ has been left
  Http2StreamPtr stream_;
  asio::any_io_executor executor_;
  milliseconds idle_;
};

}  // namespace

StreamPtr make_http2_byte_stream(Http2StreamPtr stream, asio::any_io_executor executor, milliseconds idle,
                                 std::shared_ptr<void> keep) {
  return std::make_unique<Http2ByteStream>(std::move(stream), std::move(executor), idle, std::move(keep));
}

}  // namespace io::http
