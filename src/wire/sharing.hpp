/// Share links and invitations, by which others come to a session's ports, as the API's clients see them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "wire/ids.hpp"
#include "wire/user.hpp"

namespace wire {

/// Body of POST …/expose/{port}/share-links; nothing at all is a link without a label and an end.
struct NewShareLink {
  std::string label;                               // "" when none is given
  std::optional<std::chrono::seconds> expires_in;  // a minute to a year
};

/// Fails with malformed or invalid_argument naming field and rule.
[[nodiscard]] base::Result<NewShareLink> decode_new_share_link(std::string_view body);

struct ShareLink {
  ShareLinkId id;
  std::uint16_t port = 0;
  std::string label;
  base::Time created_at;
  std::optional<base::Time> expires_at;
  std::vector<std::string> urls;  // with the secret: only where that was just made
};

/// With `url` and `urls` where the secret is known.
[[nodiscard]] boost::json::object to_json(const ShareLink& link);

/// Body of POST …/invitations: the name or id of a user. Fails with malformed or invalid_argument.
[[nodiscard]] base::Result<std::string> decode_invitation(std::string_view body);

/// An invited user: user_id and name.
[[nodiscard]] boost::json::object to_invitation_json(const User& user);

}  // namespace wire
