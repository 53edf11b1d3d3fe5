/// Where a command's results go: data to standard output, everything else to standard error.
#pragma once

#include <cstddef>
#include <string_view>

#include "cli/args.hpp"
#include "cli/environment.hpp"
#include "cli/json.hpp"

namespace cli {

/// Writes at once, without buffers of its own.
class Output {
 public:
  /// Descriptors stay the caller's. Colour needs a terminal on `out` and no NO_COLOR (no-color.org), TERM not
  /// "dumb".
  Output(int out, int err, OutputFormat format, const Environment& environment);

  [[nodiscard]] bool json() const { return format_ == OutputFormat::json; }
  [[nodiscard]] bool colour() const { return colour_; }
  [[nodiscard]] bool error_is_terminal() const { return error_is_terminal_; }
  [[nodiscard]] int out() const { return out_; }
  [[nodiscard]] int err() const { return err_; }

  /// To standard output. A reader that is gone shows in broken().
  void print(std::string_view text);
  /// A value as JSON.
  void print_json(const json::value& value);
  /// A sentence for people, to standard error; the newline is added.
  void note(std::string_view sentence);
  /// Text as it is, to standard error.
  void write_error(std::string_view text);

  /// True when standard output could not be written.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  int out_;
  int err_;
  OutputFormat format_;
  bool colour_;
  bool error_is_terminal_;
  bool broken_ = false;
};

}  // namespace cli
