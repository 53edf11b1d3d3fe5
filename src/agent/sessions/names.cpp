#include "agent/sessions/names.hpp"

namespace agent {

std::string container_name(const std::string& container_type, const wire::SessionId& id) {
  return container_type + "-external-" + std::string(wire::ulid_of(id));
}

std::string volume_name(const wire::SessionId& id) { return "docker-data-" + id.text(); }

}  // namespace agent
