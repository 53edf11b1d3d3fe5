#include "io/http/http2_session.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <nghttp2/nghttp2.h>

namespace io::http {
namespace {

using Clock = std::chrono::steady_clock;

/// Bytes gathered for one write; the socket's buffer is larger.
constexpr std::size_t kBatchBytes = 64 * 1024;

/// Unread bytes that are held for one stream (RFC 9113 §6.9). A server starts each with HTTP/2's default and
/// widens a few that prove to be read, for uploads over long distances. Chosen.
constexpr std::uint32_t kServerWindow = 64 * 1024 - 1;
constexpr std::uint32_t kClientWindow = 256 * 1024;
constexpr std::int32_t kWideWindow = 1024 * 1024;
constexpr std::size_t kWideStreams = 8;

/// Frames that move nothing (PING, SETTINGS, PRIORITY, empty DATA) that a peer may send at once, and each
/// second. Every frame of ours that moves something allows one more: gRPC measures with PINGs. Chosen.
constexpr double kMostCredit = 1000;
constexpr double kCreditPerSecond = 50;

/// Interim heads of one answer that nobody has read yet. Chosen.
constexpr std::size_t kMostHeads = 32;

/// CVE-2023-44487: streams that a client may reset at once, and each second. Chosen: a page that is left
/// resets what it was loading.
constexpr std::uint64_t kResetBurst = 500;
constexpr std::uint64_t kResetsPerSecond = 50;

/// Gaps between ids of streams that are remembered; clients leave none. Chosen.
constexpr std::size_t kMostSkipped = 16;

/// Frames that wait to be sent to a peer that makes us answer and reads nothing. Chosen: many times what all
/// its streams can need.
constexpr std::size_t kMostQueued = 2000;

/// How long a connection that ends may go on for what is on its way. Chosen.
constexpr std::chrono::seconds kLinger{2};
constexpr std::size_t kMostDrained = 1024 * 1024;

std::uint8_t* bytes_of(const std::string& text) {
  // nghttp2 copies what it is given; its type has no const.
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // NOLINT
}

std::vector<nghttp2_nv> name_values(const wire::Fields& fields) {
  std::vector<nghttp2_nv> out;
  out.reserve(fields.all().size());
  for (const auto& field : fields.all()) {
    // A secret that is compressed beside what an attacker chooses could be guessed (RFC 7541 §7.1.3).
    const bool secret = field.name == "authorization" || field.name == "cookie" || field.name == "set-cookie";
    const auto flags = static_cast<std::uint8_t>(secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE);
    out.push_back(
        {bytes_of(field.name), bytes_of(field.value), field.name.size(), field.value.size(), flags});
  }
  return out;
}

std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

struct Http2Session::Callbacks {
  static Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }

  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) {
    if (frame->type == NGHTTP2_HEADERS) self(user).begin_frame(frame->stream_id);
    return 0;
  }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    self(user).begin_head(frame->hd.stream_id, frame->headers.cat == NGHTTP2_HCAT_REQUEST);
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                    void* user) {
    auto& me = self(user);
    if (auto* stream = me.find(frame->hd.stream_id))
      stream->coming_.add(text_of(name, name_size), text_of(value, value_size), me.limits_.head);
    return 0;
  }

  static int data_chunk(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                        std::size_t size, void* user) {
    auto& me = self(user);
    me.data_came_ = true;
    auto* stream = me.find(id);
    if (stream == nullptr || stream->discard_) {
      nghttp2_session_consume(me.session_, id, size);
      return 0;
    }
    if (stream->inbox_start_ > stream->inbox_.size() / 2) {
      stream->inbox_.erase(0, stream->inbox_start_);
      stream->inbox_start_ = 0;
    }
    stream->inbox_ += text_of(data, size);
    stream->readable_.notify();
    return 0;
  }

  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& me = self(user);
    const auto id = frame->hd.stream_id;
    const bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS: me.end_head(id, ended); return 0;
      case NGHTTP2_DATA:
        if (!std::exchange(me.data_came_, false) && !ended) me.spend();
        if (auto* stream = me.find(id); stream != nullptr && ended) {
          stream->remote_ended_ = true;
          stream->readable_.notify();
        }
        return 0;
      case NGHTTP2_RST_STREAM:
        if (auto* stream = me.find(id)) {
          stream->peer_reset_ = true;
          stream->failure_text_ = std::string("the peer reset the stream: ") +
                                  nghttp2_http2_strerror(frame->rst_stream.error_code);
        }
        return 0;
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) return 0;
        me.settings_came_ = true;
        me.settled_.notify();
        me.spend();
        return 0;
      case NGHTTP2_PING:
      case NGHTTP2_PRIORITY: me.spend(); return 0;
      default: return 0;
    }
  }

  /// The peer broke a rule; nghttp2 resets the stream or ends the connection.
  static int invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int error, void* user) {
    if (auto* stream = self(user).find(frame->hd.stream_id)) {
      stream->failure_code_ = base::ErrorCode::malformed;
      stream->failure_text_ = std::string("what the peer sent breaks HTTP/2: ") + nghttp2_strerror(error);
    }
    return 0;
  }

  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& me = self(user);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    me.credit_ = std::min(kMostCredit, me.credit_ + 1);
    auto* stream = me.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) {
      ++stream->heads_sent_;
      stream->writable_.notify();
    }
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) me.end_sent(*stream);
    return 0;
  }

  static int frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int error, void* user) {
    auto& me = self(user);
    auto* stream = me.find(frame->hd.stream_id);
    if (stream == nullptr || frame->hd.type != NGHTTP2_HEADERS) return 0;
    me.blame(*stream, std::string("the head could not be sent: ") + nghttp2_strerror(error));
    me.reset(*stream, Http2Error::internal_error);
    // A request that was never sent is no stream that nghttp2 would close.
    if (me.owner_ == nullptr && stream->heads_sent_ == 0) me.streams_.erase(frame->hd.stream_id);
    return 0;
  }

  static int stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
    self(user).close_stream(id, error);
    return 0;
  }

  static ssize_t read_data(nghttp2_session* session, std::int32_t id, std::uint8_t* into, std::size_t most,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) {
    auto* stream = self(user).find(id);
    if (stream == nullptr || !stream->open()) return NGHTTP2_ERR_DEFERRED;
    const std::size_t size = asio::buffer_copy(asio::buffer(into, most), stream->outgoing_);
    stream->outgoing_ += size;
    if (size > 0) stream->writable_.notify();
    if (stream->outgoing_.size() > 0 || !stream->end_wanted_)
      return size > 0 ? static_cast<ssize_t>(size) : ssize_t{NGHTTP2_ERR_DEFERRED};
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->end_trailers_.all().empty()) return static_cast<ssize_t>(size);
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const auto fields = name_values(stream->end_trailers_);
    nghttp2_submit_trailer(session, id, fields.data(), fields.size());
    return static_cast<ssize_t>(size);
  }

  static nghttp2_session* make(Http2Session& me) {
    nghttp2_session_callbacks* calls = nullptr;
    nghttp2_session_callbacks_new(&calls);
    nghttp2_session_callbacks_set_on_begin_frame_callback(calls, begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(calls, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(calls, header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(calls, frame_received);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(calls, invalid_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(calls, frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(calls, frame_not_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(calls, stream_closed);
    nghttp2_option* options = nullptr;
    nghttp2_option_new(&options);
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_option_set_stream_reset_rate_limit(options, kResetBurst, kResetsPerSecond);
    // Four frames hold a head of 64 KiB; some clients send smaller ones (CVE-2024-28182).
    nghttp2_option_set_max_continuations(options, 16);
    // Names and values of a head within our own limit, and what frames them.
    nghttp2_option_set_max_send_header_block_length(options, 4 * me.limits_.head.head_bytes);
    nghttp2_session* session = nullptr;
    if (me.owner_ != nullptr)
      nghttp2_session_server_new2(&session, calls, &me, options);
    else
      nghttp2_session_client_new2(&session, calls, &me, options);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(calls);
    if (session == nullptr) throw std::bad_alloc();
    return session;
  }
};

Http2Session::Http2Session(BufferedStream connection, Http2Limits limits, Http2Owner* owner)
    : connection_(std::move(connection)),
      limits_(limits),
      owner_(owner),
      sendable_(connection_.stream().executor()),
      settled_(connection_.stream().executor()),
      credit_(kMostCredit),
      credited_(Clock::now()),
      timer_(connection_.stream().executor()),
      since_(Clock::now()) {
  session_ = Callbacks::make(*this);
  submit_settings();
}

Http2Session::~Http2Session() {
  fail_all("the connection is gone");
  nghttp2_session_del(session_);
}

void Http2Session::submit_settings() {
  std::vector<nghttp2_settings_entry> settings{
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits_.head.head_bytes)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, owner_ != nullptr ? kServerWindow : kClientWindow}};
  if (owner_ != nullptr) {
    settings.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits_.streams});
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1});
  } else {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  // So wide that streams which nobody reads never stop another one.
  const auto window = owner_ != nullptr
                          ? limits_.streams * kServerWindow + kWideStreams * std::size_t{kWideWindow}
                          : std::size_t{2} * kClientWindow;
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(window));
}

bool Http2Session::wanted() const {
  return nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0;
}

Task<void> Http2Session::read_loop() {
  std::string why = "the peer ended the connection";
  watch();
  try {
    bool more = true;
    while (more) more = co_await receive();
  } catch (const boost::system::system_error& error) {
    why = "the connection broke: " + error.code().message();
  }
  const auto state = co_await asio::this_coro::cancellation_state;
  if (owner_ != nullptr && state.cancelled() != asio::cancellation_type::none) co_return;
  fail_all(why);
  close();
}

Task<bool> Http2Session::receive() {
  if (connection_.buffered().empty()) {
    const std::size_t size = co_await connection_.fill();
    if (size == 0) co_return false;
  }
  heard_ = true;
  const auto data = connection_.buffered();
  if (over_ || !wanted()) {
    // Read away: closing over unread bytes would reset what we said last.
    drained_ += data.size();
    connection_.consume(data.size());
    co_return !over_ && drained_ < kMostDrained;
  }
  const auto taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
  connection_.consume(data.size());
  if (taken < 0)
    terminate(taken == NGHTTP2_ERR_FLOODED ? Http2Error::enhance_your_calm : Http2Error::protocol_error);
  if (nghttp2_session_get_outbound_queue_size(session_) > kMostQueued) co_return false;
  const auto ready = std::exchange(ready_, {});
  for (const auto& stream : ready)
    if (stream->open()) owner_->on_request(stream);
  watch();
  sendable_.notify();
  co_return true;
}

Task<void> Http2Session::write_loop() {
  const auto self = shared_from_this();
  try {
    while (!over_) {
      gather();
      if (!out_.empty()) {
        co_await write_all(connection_.stream(), asio::buffer(out_));
        continue;
      }
      if (closing_ || !wanted()) break;
      out_ = std::string();  // an idle connection holds no buffer
      co_await sendable_.wait();
    }
    if (over_) co_return;
    fail_all("the connection ends");
    close_when_sent(kLinger);
    co_await connection_.stream().shutdown_write();  // under TLS it waits for a peer that does not read
  } catch (const boost::system::system_error&) {
    close();
  }
}

void Http2Session::gather() {
  out_.clear();
  while (out_.size() < kBatchBytes) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) closing_ = true;
    if (size <= 0) return;
    out_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }
}

Http2StreamPtr Http2Session::open(const wire::Fields& head, bool ends) {
  auto stream = std::make_shared<Http2Stream>(*this, executor());
  const auto fields = name_values(head);
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read_data;
  const auto id = over_ ? -1
                        : nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(),
                                                 ends ? nullptr : &provider, nullptr);
  if (id < 0) {
    stream->session_ = nullptr;
    stream->failure_text_ = "the connection takes no further request";
    return stream;
  }
  stream->id_ = id;
  stream->heads_submitted_ = 1;
  streams_.emplace(id, stream);
  sendable_.notify();
  return stream;
}

Task<bool> Http2Session::takes_extended_connect() {
  while (!settings_came_ && !over_) co_await settled_.wait();
  co_return !over_ &&
      nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
}

void Http2Session::go_away() {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  sendable_.notify();
}

void Http2Session::terminate(Http2Error error) {
  nghttp2_session_terminate_session(session_, static_cast<std::uint32_t>(error));
  sendable_.notify();
}

void Http2Session::close_when_sent(std::chrono::milliseconds limit) {
  closing_ = true;
  sendable_.notify();
  if (!over_) arm(Clock::now() + limit);
}

void Http2Session::close() {
  if (std::exchange(over_, true)) return;
  timer_.cancel();
  connection_.stream().close();
  fail_all("the connection was closed");
  sendable_.notify();
  settled_.notify();
}

void Http2Session::blame(Http2Stream& stream, std::string why) const {
  stream.failure_text_ = std::move(why);
  if (owner_ != nullptr || !heard_ || settings_came_) return;
  stream.failure_code_ = base::ErrorCode::malformed;
  stream.failure_text_ = "the server does not speak HTTP/2 (RFC 9113 §3.3)";
}

void Http2Session::fail_all(const std::string& why) {
  const auto streams = std::exchange(streams_, {});
  for (const auto& [id, stream] : streams) {
    if (!stream->open()) continue;
    stream->session_ = nullptr;
    blame(*stream, why);
    stream->notify();
  }
}

void Http2Session::watch() {
  if (owner_ == nullptr || closing_ || over_) return;
  if (head_in_progress_ != 0)
    arm(since_ + limits_.head_time);
  else if (streams_.empty())
    arm(since_ + (any_request_ ? limits_.keep_alive_time : limits_.head_time));
  else if (std::exchange(due_, {}) != Clock::time_point())
    timer_.cancel();
}

void Http2Session::arm(Clock::time_point due) {
  if (std::exchange(due_, due) == due) return;
  timer_.expires_at(due);
  timer_.async_wait([weak = weak_from_this(), due](const boost::system::error_code& error) {
    const auto me = weak.lock();
    if (error || me == nullptr || me->due_ != due) return;
    if (me->closing_) {
      me->close();
      return;
    }
    me->terminate(me->head_in_progress_ != 0 ? Http2Error::enhance_your_calm : Http2Error::no_error);
    me->close_when_sent(kLinger);
  });
}

Http2Stream* Http2Session::find(std::int32_t id) const {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void Http2Session::begin_frame(std::int32_t id) {
  // RFC 9113 §5.1.1: ids only grow. nghttp2 ignores a smaller one, since it may have forgotten a closed
  // stream; one that was skipped never was a stream.
  const auto is_in = [id](const auto& range) { return range.first <= id && id <= range.second; };
  if (owner_ != nullptr && std::any_of(skipped_.begin(), skipped_.end(), is_in))
    terminate(Http2Error::protocol_error);
}

void Http2Session::begin_head(std::int32_t id, bool opens) {
  if (opens && id > last_id_ + 2) {
    if (skipped_.size() == kMostSkipped) skipped_.erase(skipped_.begin());
    skipped_.emplace_back(last_id_ + 2, id - 2);
  }
  if (opens) last_id_ = id;
  if (opens && (owner_ == nullptr || !owner_->has_room())) {
    // What was reset may still be running: the limit of streams alone does not bound it (CVE-2023-44487).
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return;
  }
  if (opens) {
    auto stream = std::make_shared<Http2Stream>(*this, executor());
    stream->id_ = id;
    streams_.emplace(id, std::move(stream));
    any_request_ = true;
  }
  head_in_progress_ = id;
  since_ = Clock::now();
  if (auto* stream = find(id)) stream->coming_ = {};
}

void Http2Session::end_head(std::int32_t id, bool ended) {
  head_in_progress_ = 0;
  auto* stream = find(id);
  if (stream == nullptr || stream->discard_) return;
  Http2Head head = std::exchange(stream->coming_, {});
  head.ended = ended;
  const bool too_many = stream->heads_.size() == kMostHeads;
  if (too_many || (stream->final_head_came_ && head.too_large)) {
    stream->failure_code_ = base::ErrorCode::malformed;
    stream->failure_text_ = too_many ? "too many interim answers" : "the trailers are too large";
    reset(*stream, Http2Error::enhance_your_calm);
    return;
  }
  if (stream->final_head_came_) {
    stream->trailers_ = std::move(head.fields);
  } else {
    stream->anything_received_ = true;
    stream->final_head_came_ = owner_ != nullptr || head.status >= 200;
    stream->heads_.push_back(std::move(head));
    if (owner_ != nullptr) ready_.push_back(streams_.at(id));
  }
  if (ended) stream->remote_ended_ = true;
  stream->readable_.notify();
}

void Http2Session::end_sent(Http2Stream& stream) {
  stream.ends_sent_ = 1;
  stream.writable_.notify();
  if (stream.discard_ && !stream.remote_ended_ && stream.open()) reset(stream, Http2Error::no_error);
}

void Http2Session::close_stream(std::int32_t id, std::uint32_t error) {
  if (head_in_progress_ == id) head_in_progress_ = 0;
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const auto stream = std::move(found->second);
  streams_.erase(found);
  if (streams_.empty()) since_ = Clock::now();
  if (stream->wide_) --wide_streams_;
  if (stream->open()) {
    // What nobody has read yet stays readable, but counts for this stream alone.
    const auto unread = stream->inbox_.size() - stream->inbox_start_;
    if (unread > 0) nghttp2_session_consume_connection(session_, unread);
    if (error == NGHTTP2_REFUSED_STREAM) stream->anything_received_ = false;
    if (error == NGHTTP2_PROTOCOL_ERROR && !stream->peer_reset_ &&
        stream->failure_code_ != base::ErrorCode::malformed) {
      stream->failure_code_ = base::ErrorCode::malformed;  // found by nghttp2: a wrong length, say
      stream->failure_text_ = "what the peer sent breaks HTTP/2";
    }
    stream->session_ = nullptr;
    stream->notify();
  }
  watch();
}

void Http2Session::spend() {
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - credited_).count();
  credited_ = now;
  credit_ = std::min(kMostCredit, credit_ + seconds * kCreditPerSecond) - 1;
  if (credit_ < 0) terminate(Http2Error::enhance_your_calm);
}

void Http2Session::submit_head(Http2Stream& stream, const wire::Fields& head, bool final, bool ends) {
  const auto fields = name_values(head);
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read_data;
  const auto failed = final ? nghttp2_submit_response(session_, stream.id_, fields.data(), fields.size(),
                                                      ends ? nullptr : &provider)
                            : nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id_, nullptr,
                                                     fields.data(), fields.size(), nullptr);
  // nghttp2_submit_headers gives a stream's id for a new stream only.
  if (failed < 0) {
    stream.failure_text_ = std::string("the head could not be sent: ") + nghttp2_strerror(failed);
    reset(stream, Http2Error::internal_error);
  }
  sendable_.notify();
}

void Http2Session::resume(Http2Stream& stream) {
  nghttp2_session_resume_data(session_, stream.id_);
  sendable_.notify();
}

void Http2Session::consume(Http2Stream& stream, std::size_t size) {
  nghttp2_session_consume(session_, stream.id_, size);
  stream.consumed_ += size;
  if (owner_ != nullptr && !stream.wide_ && wide_streams_ < kWideStreams &&
      stream.consumed_ > 4 * std::size_t{kServerWindow}) {
    stream.wide_ = true;
    ++wide_streams_;
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, stream.id_, kWideWindow);
  }
  sendable_.notify();
}

void Http2Session::reset(Http2Stream& stream, Http2Error error) {
  stream.discard_ = true;
  const auto unread = stream.inbox_.size() - stream.inbox_start_;
  if (unread > 0) nghttp2_session_consume_connection(session_, unread);
  stream.inbox_.clear();
  stream.inbox_start_ = 0;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id_, static_cast<std::uint32_t>(error));
  stream.session_ = nullptr;
  stream.notify();
  sendable_.notify();
}

}  // namespace io::http
