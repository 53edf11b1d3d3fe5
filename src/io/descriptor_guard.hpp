/// Notices that the process runs out of file descriptors, so that it can refuse with a message instead of
/// failing.
#pragma once

namespace io {

/// True from 95 % of the soft limit on (contracts.md).
[[nodiscard]] bool descriptors_nearly_used();

}  // namespace io
