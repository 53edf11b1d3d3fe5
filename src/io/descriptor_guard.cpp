#include "io/descriptor_guard.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <sys/resource.h>

namespace io {

bool descriptors_nearly_used() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  // The kernel gives out the lowest free number: it tells how many are in use, in two system calls.
  const int lowest_free = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  if (lowest_free < 0) return true;
  ::close(lowest_free);
  return static_cast<rlim_t>(lowest_free) >= limit.rlim_cur / 100 * 95;
}

}  // namespace io
