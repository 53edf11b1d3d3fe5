// JSON documents that callers, hydra and servers send: none may do more than be refused.
#include "fuzz_target.hpp"
#include "wire/bridge_health.hpp"
#include "wire/dev_container.hpp"
#include "wire/error_table.hpp"
#include "wire/exposure.hpp"
#include "wire/ids.hpp"
#include "wire/json_object.hpp"
#include "wire/listening_port.hpp"
#include "wire/sandbox.hpp"
#include "wire/session.hpp"
#include "wire/sharing.hpp"
#include "wire/user.hpp"

namespace {

using fuzz::require;

template <class Kind>
void check_id(std::string_view text) {
  const auto id = wire::Id<Kind>::parse(text);
  if (!id) return;
  const auto again = wire::Id<Kind>::parse(id->text());
  require(again && *again == *id, "an id in its normal form is that id");
}

void check_problem(std::string_view input, unsigned choice) {
  const int status = 400 + static_cast<int>(choice);
  const auto error = wire::decode_problem(status, input);
  require(!error.message().empty(), "a problem says something");
  const auto again = wire::decode_problem(status, wire::encode(wire::make_problem(error)));
  require(again.code() == error.code() && again.field() == error.field(),
          "an encoded problem decodes to the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = fuzz::text_of(data, size);
  const auto choice = fuzz::take_choice(input);
  check_problem(input, choice);
  static_cast<void>(wire::parse_json_object(input));
  static_cast<void>(wire::decode_new_session(input));
  static_cast<void>(wire::decode_drain(input));
  static_cast<void>(wire::decode_new_user(input));
  static_cast<void>(wire::decode_new_api_key(input));
  static_cast<void>(wire::decode_login(input));
  static_cast<void>(wire::decode_sandbox_token(input));
  static_cast<void>(wire::decode_new_dev_container(input));
  static_cast<void>(wire::decode_dev_container(input));
  static_cast<void>(wire::decode_dev_containers(input));
  static_cast<void>(wire::decode_reconcile(input));
  static_cast<void>(wire::decode_reconciled(input));
  static_cast<void>(wire::decode_system_stats(input));
  static_cast<void>(wire::decode_bridge_health(input));
  static_cast<void>(wire::decode_new_share_link(input));
  static_cast<void>(wire::decode_invitation(input));
  static_cast<void>(wire::decode_listening_ports(input));
  if (const auto exposure = wire::decode_new_exposure(input))
    require(exposure->port > 0, "an exposed port is a port");
  if (const auto beat = wire::decode_heartbeat(input)) {
    const auto again = wire::decode_heartbeat(wire::encode(*beat));
    require(again && wire::encode(*again) == wire::encode(*beat), "an encoded heartbeat decodes to the same");
  }
  check_id<wire::SessionKind>(input);
  check_id<wire::SandboxKind>(input);
  check_id<wire::UserKind>(input);
  check_id<wire::KeyKind>(input);
  check_id<wire::ShareLinkKind>(input);
  return 0;
}
