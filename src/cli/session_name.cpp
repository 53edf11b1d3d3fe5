#include "cli/session_name.hpp"

#include <utility>

#include "cli/text.hpp"
#include "wire/exposure.hpp"

namespace cli {
namespace {

/// Shortest beginning of an id that is looked at. Chosen: below it a typing slip finds something.
constexpr std::size_t kMinPrefix = 4;

/// "ses-01k" and "01k" as "ses_01k".
std::string normal_prefix(const std::string& wanted) {
  if (wanted.starts_with("ses_")) return wanted;
  if (wanted.starts_with("ses-")) return "ses_" + wanted.substr(4);
  return "ses_" + wanted;
}

}  // namespace

base::Result<wire::SessionId> match_session(const std::vector<json::object>& sessions,
                                            const std::string& wanted) {
  for (const auto& session : sessions) {
    if (text_at(session, "name") == wanted) return wire::SessionId::parse(text_at(session, "id"));
  }

  const std::string prefix = normal_prefix(wanted);
  std::vector<const json::object*> candidates;
  for (const auto& session : sessions) {
    if (prefix.size() >= kMinPrefix + 4 && text_at(session, "id").starts_with(prefix))
      candidates.push_back(&session);
  }
  if (candidates.size() == 1) return wire::SessionId::parse(text_at(*candidates.front(), "id"));
  if (candidates.empty())
    return base::fail(base::ErrorCode::not_found,
                      "there is no session '" + printable(wanted) + "'; see: helix session list");

  std::string names;
  for (const auto* candidate : candidates)
    names += "\n  " + text_at(*candidate, "id") + "  " + printable(text_at(*candidate, "name"));
  return base::fail(base::ErrorCode::conflict,
                    "'" + printable(wanted) + "' begins more than one session's id:" + names);
}

io::Task<base::Result<wire::SessionId>> find_session(Api& api, std::string wanted) {
  if (auto id = wire::SessionId::parse(wanted)) co_return *id;
  const auto list = co_await api.get("/sessions");
  if (!list) co_return tl::unexpected(list.error());
  co_return match_session(objects_at(*list, "sessions"), wanted);
}

io::Task<base::Result<wire::SessionId>> find_session_or_own(const Context& context, Api& api,
                                                            std::string wanted) {
  if (!wanted.empty()) co_return co_await find_session(api, std::move(wanted));
  const auto settings = load_settings(context);
  if (!settings) co_return tl::unexpected(settings.error());
  if (settings->session_id.empty())
    co_return base::fail(
        base::ErrorCode::invalid_argument,
        "SESSION is missing (it can be left out only inside a session); see: helix session list");
  co_return wire::SessionId::parse(settings->session_id);
}

base::Result<SessionAndPort> parse_session_and_port(const std::string& first, const std::string& second) {
  const bool alone = second.empty();
  const auto port = wire::parse_port(alone ? first : second);
  if (port) return SessionAndPort{.session = alone ? std::string() : first, .port = *port};
  if (alone) return base::fail(base::ErrorCode::invalid_argument, "PORT is missing; for example: 8000");
  return base::fail(base::ErrorCode::invalid_argument, "PORT " + port.error().message());
}

}  // namespace cli
