#include "cli/commands.hpp"

#include <utility>

namespace cli {
namespace {

Command session_group() {
  Command group("session", "Make, look at and end sessions");
  group.children.push_back(session_create_command());
  group.children.push_back(session_list_command());
  group.children.push_back(session_show_command());
  group.children.push_back(session_stop_command());
  group.children.push_back(session_start_command());
  group.children.push_back(session_delete_command());
  group.details = "A session is named by its id, the beginning of its id, or its name.\n";
  return group;
}

Command share_group() {
  Command group("share", "Links that let in whoever has them");
  group.children.push_back(share_create_command());
  group.children.push_back(share_list_command());
  group.children.push_back(share_rotate_command());
  group.children.push_back(share_revoke_command());
  group.details =
      "A link belongs to one exposed port of a session and is shown once, when it is made or rotated.\n";
  return group;
}

Command sandbox_group() {
  Command group("sandbox", "Look at and manage the machines' sandboxes");
  group.children.push_back(sandbox_list_command());
  group.children.push_back(sandbox_show_command());
  group.children.push_back(sandbox_drain_command());
  group.children.push_back(sandbox_re_enrol_command());
  group.children.push_back(sandbox_delete_command());
  return group;
}

Command user_group() {
  Command group("user", "Manage users (admins only)");
  group.children.push_back(user_create_command());
  group.children.push_back(user_list_command());
  group.children.push_back(user_delete_command());
  return group;
}

Command key_group() {
  Command group("key", "Manage your API keys");
  group.children.push_back(key_create_command());
  group.children.push_back(key_list_command());
  group.children.push_back(key_revoke_command());
  return group;
}

}  // namespace

Command make_root_command() {
  Command root("helix", "Cloud desktops and agent sandboxes with a Docker engine of their own");
  root.children.push_back(login_command());
  root.children.push_back(logout_command());
  root.children.push_back(whoami_command());
  root.children.push_back(session_group());
  root.children.push_back(exec_command());
  root.children.push_back(logs_command());
  root.children.push_back(expose_command());
  root.children.push_back(unexpose_command());
  root.children.push_back(ports_command());
  root.children.push_back(open_command());
  root.children.push_back(share_group());
  root.children.push_back(invite_command());
  root.children.push_back(uninvite_command());
  root.children.push_back(sandbox_group());
  root.children.push_back(user_group());
  root.children.push_back(key_group());
  root.children.push_back(completion_command());
  root.children.push_back(version_command());
  root.details =
      "Environment:\n"
      "  HELIX_URL, HELIX_API_KEY  server and key, instead of helix login's\n"
      "  NO_COLOR                  no colours\n"
      "In a session no login is needed, and SESSION can be left out of expose, unexpose, ports, open, share "
      "and logs.\n";
  root.examples =
      "  helix login http://localhost:8080\n"
      "  helix session create --wait --name hello\n"
      "  helix exec hello -- docker run -d -p 8000:80 nginx\n"
      "  helix expose hello 8000\n"
      "  helix open hello\n"
      "  helix session delete hello\n";
  return root;
}

}  // namespace cli
