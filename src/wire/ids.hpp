/// Identifiers as types: text becomes one of these at the edge, inside there are no strings for ids.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace wire {

/// An identifier of one kind. The default value is "none" and equals no parsed one.
template <class Kind>
class Id {
 public:
  Id() = default;

  /// Fails with invalid_argument.
  [[nodiscard]] static base::Result<Id> parse(std::string_view text) {
    auto normal = Kind::normalise(text);
    if (normal.empty()) return base::fail(base::ErrorCode::invalid_argument, std::string(Kind::kRule));
    return Id(std::move(normal));
  }
  /// From a place that holds only valid ones: the store, or a prefix and a fresh ULID.
  [[nodiscard]] static Id trusted(std::string text) { return Id(std::move(text)); }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool none() const { return text_.empty(); }
  [[nodiscard]] auto operator<=>(const Id&) const = default;

 private:
  explicit Id(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// "ses_" and a lower-case ULID; "ses-…" is understood too.
struct SessionKind {
  static constexpr std::string_view kRule = "must be ses_ and 26 characters of a lower-case ULID";
  static std::string normalise(std::string_view text);
};
/// A sandbox's SANDBOX_INSTANCE_ID: a DNS label.
struct SandboxKind {
  static constexpr std::string_view kRule =
      "must be 1 to 63 characters of a-z, 0-9 and -, not beginning or ending with -";
  static std::string normalise(std::string_view text);
};
struct UserKind {
  static constexpr std::string_view kRule = "must be usr_ and 26 characters of a lower-case ULID";
  static std::string normalise(std::string_view text);
};
struct KeyKind {
  static constexpr std::string_view kRule = "must be key_ and 26 characters of a lower-case ULID";
  static std::string normalise(std::string_view text);
};
struct ShareLinkKind {
  static constexpr std::string_view kRule = "must be shl_ and 26 characters of a lower-case ULID";
  static std::string normalise(std::string_view text);
};

using SessionId = Id<SessionKind>;
using SandboxId = Id<SandboxKind>;
using UserId = Id<UserKind>;
using KeyId = Id<KeyKind>;
using ShareLinkId = Id<ShareLinkKind>;

/// The part of a session's id behind "ses_".
[[nodiscard]] std::string_view ulid_of(const SessionId& id);

/// Ids on the tunnel.
[[nodiscard]] std::string hydra_runner(const SandboxId& id);
[[nodiscard]] std::string desktop_runner(const SessionId& id);

}  // namespace wire
