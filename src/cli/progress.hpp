/// The line on standard error that tells what a session is doing while somebody waits for it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "cli/output.hpp"

namespace cli {

/// "hello is starting: pulling image helix-headless:latest (12 s)"
[[nodiscard]] std::string progress_text(std::string_view name, std::string_view state,
                                        std::string_view message, std::chrono::seconds elapsed);

/// On a terminal one line that is rewritten; elsewhere a new line when the doing changes, and one every 30 s.
class Progress {
 public:
  explicit Progress(Output& output) : output_(output) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::string_view name, std::string_view state, std::string_view message,
            std::chrono::seconds elapsed);
  /// Takes the line off the terminal.
  void clear();

 private:
  void rewrite(const std::string& text);

  Output& output_;
  std::string doing_;  // state and message shown last
  std::chrono::seconds shown_at_{0};
  bool on_line_ = false;
};

}  // namespace cli
