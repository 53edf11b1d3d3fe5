/// Handlers of share links, invitations, and of the ports that something in a session listens on.
#pragma once

#include "server/expose/exposures.hpp"
#include "server/expose/sharing.hpp"
#include "server/http/route.hpp"
#include "server/remote/bridge_api.hpp"

namespace server {

class SharingHandlers {
 public:
  using Answer = io::Task<base::Result<io::http::Response>>;

  SharingHandlers(Sharing& sharing, Exposures& exposures, BridgeApi& bridge)
      : sharing_(sharing), exposures_(exposures), bridge_(bridge) {}
  Answer list_links(Call& call);
  Answer create_link(Call& call);
  Answer rotate_link(Call& call);
  Answer remove_link(Call& call);
  Answer list_invited(Call& call);
  Answer invite(Call& call);
  Answer uninvite(Call& call);
  Answer list_ports(Call& call);

 private:
  Sharing& sharing_;
  Exposures& exposures_;
  BridgeApi& bridge_;
};

}  // namespace server
