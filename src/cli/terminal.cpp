#include "cli/terminal.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <sys/ioctl.h>

namespace cli {
namespace {

/// Longest line that is taken as an answer. Chosen.
constexpr std::size_t kMaxLineBytes = 4096;

/// Signals that would leave the terminal without echo.
constexpr std::array kEndings{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

volatile std::sig_atomic_t caught_signal = 0;  // NOLINT: a signal handler can reach nothing else

void remember_signal(int number) { caught_signal = number; }

/// Lets endings interrupt read(2) instead of ending the program, until it goes; then they happen.
class SignalsHeld {
 public:
  SignalsHeld() {
    caught_signal = 0;
    struct sigaction action{};
    action.sa_handler = remember_signal;  // no SA_RESTART
    for (std::size_t i = 0; i < kEndings.size(); ++i) ::sigaction(kEndings.at(i), &action, &before_.at(i));
  }
  ~SignalsHeld() {
    for (std::size_t i = 0; i < kEndings.size(); ++i) ::sigaction(kEndings.at(i), &before_.at(i), nullptr);
    if (caught_signal != 0) ::raise(caught_signal);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  std::array<struct sigaction, kEndings.size()> before_{};
};

/// Switches echo off until it goes.
class EchoOff {
 public:
  explicit EchoOff(int descriptor) : descriptor_(descriptor) {
    if (::tcgetattr(descriptor_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(descriptor_, TCSAFLUSH, &quiet) == 0;
  }
  ~EchoOff() {
    if (changed_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  int descriptor_;
  termios before_{};
  bool changed_ = false;
};

class TerminalDevice {
 public:
  TerminalDevice() : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {}
  ~TerminalDevice() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  TerminalDevice(const TerminalDevice&) = delete;
  TerminalDevice& operator=(const TerminalDevice&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

  void say(const std::string& text) const {
    // A terminal that cannot be written cannot be read either.
    [[maybe_unused]] const auto written = ::write(descriptor_, text.data(), text.size());
  }

 private:
  int descriptor_;
};

tl::unexpected<base::Error> no_terminal() {
  return base::fail(base::ErrorCode::unavailable, "there is no terminal to ask on");
}

}  // namespace

TerminalSize terminal_size(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.columns = size.ws_col, .rows = size.ws_row};
}

RawMode::RawMode(int descriptor) : descriptor_(descriptor) {
  termios before{};
  if (::tcgetattr(descriptor, &before) != 0) return;
  before_ = before;
  termios raw = before;
  ::cfmakeraw(&raw);
  ::tcsetattr(descriptor, TCSADRAIN, &raw);
}

RawMode::~RawMode() {
  if (before_) ::tcsetattr(descriptor_, TCSADRAIN, &*before_);
}

base::Result<std::string> read_line(int descriptor) {
  std::string line;
  while (line.size() < kMaxLineBytes) {
    char byte = 0;
    // Byte by byte: what follows the line belongs to somebody else.
    const auto got = ::read(descriptor, &byte, 1);
    if (got < 0 && errno == EINTR && caught_signal == 0) continue;
    if (got < 0) return base::fail(base::ErrorCode::unavailable, "the answer could not be read");
    if (got == 0 && line.empty()) return base::fail(base::ErrorCode::unavailable, "nothing was entered");
    if (got == 0 || byte == '\n') break;
    line.push_back(byte);
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

base::Result<base::Secret> ask_secret(const std::string& question) {
  const TerminalDevice terminal;
  if (terminal.get() < 0) return no_terminal();
  const SignalsHeld held;
  const EchoOff quiet(terminal.get());
  terminal.say(question);
  auto line = read_line(terminal.get());
  terminal.say("\n");
  if (!line) return tl::unexpected(line.error());
  return base::Secret(std::move(*line));
}

base::Result<std::string> ask_line(const std::string& question) {
  const TerminalDevice terminal;
  if (terminal.get() < 0) return no_terminal();
  terminal.say(question);
  return read_line(terminal.get());
}

}  // namespace cli
