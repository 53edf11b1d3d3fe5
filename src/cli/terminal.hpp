/// The terminal in front of a person: raw mode, size, and questions.
#pragma once

#include <optional>
#include <string>
#include <termios.h>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace cli {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

/// Of the terminal on `descriptor`; 80 × 24 when there is none.
[[nodiscard]] TerminalSize terminal_size(int descriptor);

/// Puts a terminal into raw mode and restores it when it goes. Does nothing where `descriptor` is no
/// terminal.
class RawMode {
 public:
  explicit RawMode(int descriptor);
  ~RawMode();
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 private:
  int descriptor_;
  std::optional<termios> before_;
};

/// Asks on /dev/tty without showing what is typed; Ctrl-C restores the terminal and ends the program as
/// usual. Fails with unavailable without a terminal.
[[nodiscard]] base::Result<base::Secret> ask_secret(const std::string& question);

/// Asks on /dev/tty. Fails with unavailable without a terminal.
[[nodiscard]] base::Result<std::string> ask_line(const std::string& question);

/// The first line of a descriptor, without its end. Fails with unavailable when there is none.
[[nodiscard]] base::Result<std::string> read_line(int descriptor);

}  // namespace cli
