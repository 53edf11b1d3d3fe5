/// What a session's container is asked to be, its variables included.
#pragma once

#include "base/secret.hpp"
#include "store/session_store.hpp"
#include "wire/dev_container.hpp"

namespace server {

/// The user's variables, then our own with the session's own key in each that carries one. Where the control
/// plane is (HELIX_API_URL and its kin) is added by hydra: it knows by which URL its side reaches us.
[[nodiscard]] wire::NewDevContainer make_container_request(const store::SessionRecord& session,
                                                           const base::Secret& key);

}  // namespace server
