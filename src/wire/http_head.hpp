/// Heads of HTTP/1.1 messages, RFC 9112: bytes in, values out, no I/O. Raw bytes of target and values are
/// kept.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace wire {

struct Field {
  std::string name;   // as it came; names compare without case
  std::string value;  // outer white space removed
};

[[nodiscard]] bool same_name(std::string_view a, std::string_view b);

/// Header or trailer fields in their order.
class Fields {
 public:
  /// The first field of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  /// True when a comma-separated list field has `token`, compared without case, in any of its lines.
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;
  void add(std::string name, std::string value);
  /// Replaces every field of that name by one.
  void set(std::string name, std::string value);
  void remove(std::string_view name);

  [[nodiscard]] const std::vector<Field>& all() const { return fields_; }
  [[nodiscard]] std::vector<Field>& all() { return fields_; }

 private:
  std::vector<Field> fields_;
};

struct RequestHead {
  std::string method;
  std::string target;     // raw bytes of the request target
  int minor_version = 1;  // HTTP/1.x
  Fields fields;

  /// The target up to '?' and what follows it.
  [[nodiscard]] std::string_view path() const;
  [[nodiscard]] std::string_view query() const;
};

struct ResponseHead {
  int status = 200;
  std::string reason;
  int minor_version = 1;
  Fields fields;
};

/// Why a message cannot be taken, with the status that says so.
class HttpProblem {
 public:
  HttpProblem(int status, std::string message) : status_(status), message_(std::move(message)) {}
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  int status_;
  std::string message_;
};

template <class T>
using HttpResult = tl::expected<T, HttpProblem>;

/// Defaults are chosen: contracts of the control plane.
struct HeadLimits {
  std::size_t head_bytes = 64 * 1024;
  std::size_t target_bytes = 16 * 1024;
  std::size_t fields = 100;
};

template <class Head>
struct DecodedHead {
  Head head;
  std::size_t consumed;  // bytes of the input that the head took
};

/// Decodes the head at the front of `input`; nullopt while it is incomplete. Leading empty lines are skipped
/// (RFC 9112 §2.2). Fails with 400, 414, 431 or 505; close the connection then. Bare LF, obs-fold, white
/// space before a colon and control characters are refused.
[[nodiscard]] HttpResult<std::optional<DecodedHead<RequestHead>>> decode_request_head(
    std::string_view input, const HeadLimits& limits = {});
/// The same for an answer; every failure is 502.
[[nodiscard]] HttpResult<std::optional<DecodedHead<ResponseHead>>> decode_response_head(
    std::string_view input, const HeadLimits& limits = {});

/// Appends the head with its empty line. Values must hold no CR, LF or NUL: they are dropped if they do.
void encode(const RequestHead& head, std::string& out);
void encode(const ResponseHead& head, std::string& out);

/// The standard reason phrase, "Unknown" for a status without one.
[[nodiscard]] std::string_view reason_of(int status);

/// True for what may stand in Host and :authority of an http URI: a host, never empty, and a port or none,
/// "host", "host:80", "[::1]:80" (RFC 3986 §3.2, without user information).
[[nodiscard]] bool is_authority(std::string_view text);

/// Decodes %XX once; nullopt for a broken escape. '+' stays.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// First value of `key` in a query string, percent-decoded, '+' as space.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view key);
/// Escapes everything but unreserved characters (RFC 3986 §2.3).
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace wire
