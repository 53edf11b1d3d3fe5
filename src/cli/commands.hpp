/// The commands of `helix`. Each is made in the file of commands/ that carries its name.
#pragma once

#include "cli/command.hpp"

namespace cli {

[[nodiscard]] Command login_command();
[[nodiscard]] Command logout_command();
[[nodiscard]] Command whoami_command();
[[nodiscard]] Command session_create_command();
[[nodiscard]] Command session_list_command();
[[nodiscard]] Command session_show_command();
[[nodiscard]] Command session_stop_command();
[[nodiscard]] Command session_start_command();
[[nodiscard]] Command session_delete_command();
[[nodiscard]] Command exec_command();
[[nodiscard]] Command logs_command();
[[nodiscard]] Command expose_command();
[[nodiscard]] Command unexpose_command();
[[nodiscard]] Command ports_command();
[[nodiscard]] Command open_command();
[[nodiscard]] Command share_create_command();
[[nodiscard]] Command share_list_command();
[[nodiscard]] Command share_rotate_command();
[[nodiscard]] Command share_revoke_command();
[[nodiscard]] Command invite_command();
[[nodiscard]] Command uninvite_command();
[[nodiscard]] Command sandbox_list_command();
[[nodiscard]] Command sandbox_show_command();
[[nodiscard]] Command sandbox_drain_command();
[[nodiscard]] Command sandbox_re_enrol_command();
[[nodiscard]] Command sandbox_delete_command();
[[nodiscard]] Command user_create_command();
[[nodiscard]] Command user_list_command();
[[nodiscard]] Command user_delete_command();
[[nodiscard]] Command key_create_command();
[[nodiscard]] Command key_list_command();
[[nodiscard]] Command key_revoke_command();
[[nodiscard]] Command completion_command();
[[nodiscard]] Command version_command();

/// All of them, as a tree whose root is the program.
[[nodiscard]] Command make_root_command();

}  // namespace cli
