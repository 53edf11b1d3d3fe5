/// Share links of an exposure, as the API takes and tells them.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "cli/api.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "cli/session_name.hpp"
#include "io/task.hpp"
#include "wire/ids.hpp"

namespace cli {

/// "/sessions/ses_…/expose/8000/share-links", behind the API's prefix.
[[nodiscard]] std::string share_links_path(const wire::SessionId& id, std::int64_t port);

/// Body that makes one; `expires` as parse_duration() reads it, "" for one that does not expire. Fails with
/// invalid_argument.
[[nodiscard]] base::Result<json::object> share_link_body(const std::string& label,
                                                         const std::string& expires);

/// The link with that id, or the only one with that label. Fails with not_found, or conflict.
io::Task<base::Result<wire::ShareLinkId>> find_share_link(Api& api, std::string path, std::string wanted);

/// Prints the URL of a new or rotated link; says beside it that nobody sees it again.
void print_share_link(Output& output, const json::object& link);

/// "[SESSION] PORT LINK" as three words, of which the first may be missing.
struct ShareLinkPlace {
  SessionAndPort place;
  std::string link;
};

/// Fails with invalid_argument when there is no port or no link.
[[nodiscard]] base::Result<ShareLinkPlace> parse_share_link_place(const std::string& first,
                                                                  const std::string& second,
                                                                  const std::string& third);

}  // namespace cli
