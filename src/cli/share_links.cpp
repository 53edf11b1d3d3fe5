#include "cli/share_links.hpp"

#include <utility>
#include <vector>

#include "cli/exposures.hpp"
#include "cli/text.hpp"

namespace cli {

using base::ErrorCode;

std::string share_links_path(const wire::SessionId& id, std::int64_t port) {
  return exposures_path(id) + "/" + std::to_string(port) + "/share-links";
}

base::Result<json::object> share_link_body(const std::string& label, const std::string& expires) {
  json::object body;
  if (!label.empty()) body["label"] = label;
  if (expires.empty()) return body;
  const auto duration = parse_duration(expires);
  if (!duration)
    return base::fail(ErrorCode::invalid_argument,
                      "--expires '" + printable(expires) + "' is no duration; for example: 30m, 24h, 7d");
  body["expires_in_seconds"] = duration->count();
  return body;
}

io::Task<base::Result<wire::ShareLinkId>> find_share_link(Api& api, std::string path, std::string wanted) {
  if (auto id = wire::ShareLinkId::parse(wanted)) co_return *id;
  const auto answer = co_await api.get(std::move(path));
  if (!answer) co_return tl::unexpected(answer.error());
  std::vector<std::string> ids;
  for (const auto& link : objects_at(*answer, "share_links")) {
    if (text_at(link, "label") == wanted) ids.push_back(text_at(link, "id"));
  }
  if (ids.size() == 1) co_return wire::ShareLinkId::parse(ids.front());
  if (ids.empty())
    co_return base::fail(ErrorCode::not_found,
                         "there is no share link '" + printable(wanted) + "'; see: helix share list");
  co_return base::fail(ErrorCode::conflict, "more than one share link is called '" + printable(wanted) +
                                                "'; give the id of: helix share list");
}

void print_share_link(Output& output, const json::object& link) {
  output.print(printable(text_at(link, "url")) + "\n");
  const auto expires = text_at(link, "expires_at");
  output.note("whoever has this link gets in" +
              (expires.empty() ? std::string(" until it is revoked") : ", until " + printable(expires)) +
              "; it is shown this once");
}

base::Result<ShareLinkPlace> parse_share_link_place(const std::string& first, const std::string& second,
                                                    const std::string& third) {
  const bool own = third.empty();
  if (second.empty())
    return base::fail(ErrorCode::invalid_argument, "LINK is missing; its id or label: helix share list");
  const auto place = parse_session_and_port(first, own ? std::string() : second);
  if (!place) return tl::unexpected(place.error());
  return ShareLinkPlace{*place, own ? second : third};
}

}  // namespace cli
