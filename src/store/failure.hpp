/// The failure of a read: nothing that a caller can act on, so it travels to the owner of the task.
#pragma once

#include <stdexcept>

namespace store {

/// Thrown by reads when the database cannot be read. Writes return their errors: full disks and conflicts are
/// news.
class ReadFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace store
