#include "server/sessions/session_env.hpp"

#include <array>

namespace server {

wire::NewDevContainer make_container_request(const store::SessionRecord& session, const base::Secret& key) {
  // contracts.md, "Names and ids"; HELIX_API_KEY is what `helix` reads.
  constexpr std::array<std::string_view, 6> kKeyVariables{"USER_API_TOKEN",  "HELIX_API_TOKEN",
                                                          "ZED_HELIX_TOKEN", "ANTHROPIC_API_KEY",
                                                          "OPENAI_API_KEY",  "HELIX_API_KEY"};
  wire::NewDevContainer request;
  request.session_id = session.id.text();
  request.owner = session.owner.text();
  request.image = session.image;
  request.container_type = session.container_type;
  request.vcpus = session.vcpus;
  request.memory_mb = session.memory_mb;
  for (const auto& [name, value] : session.env) request.env.push_back(name + "=" + value);
  request.env.push_back("HELIX_SESSION_ID=" + session.id.text());
  for (const auto name : kKeyVariables) request.env.push_back(std::string(name) + "=" + key.expose());
  return request;
}

}  // namespace server
