#include "cli/progress.hpp"

#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

/// How often a log shows that the wait goes on. Chosen.
constexpr std::chrono::seconds kRepeatEvery{30};

}  // namespace

std::string progress_text(std::string_view name, std::string_view state, std::string_view message,
                          std::chrono::seconds elapsed) {
  std::string text = printable(name) + " is " + printable(state);
  if (!message.empty() && message != state) text += ": " + printable(message);
  return text + " (" + duration_text(elapsed) + ")";
}

void Progress::show(std::string_view name, std::string_view state, std::string_view message,
                    std::chrono::seconds elapsed) {
  const std::string text = progress_text(name, state, message, elapsed);
  if (output_.error_is_terminal()) {
    rewrite(text);
    return;
  }
  std::string doing = std::string(state) + "\n" + std::string(message);
  if (doing == doing_ && elapsed < shown_at_ + kRepeatEvery) return;
  doing_ = std::move(doing);
  shown_at_ = elapsed;
  output_.note(text);
}

void Progress::rewrite(const std::string& text) {
  const auto columns = static_cast<std::size_t>(terminal_size(output_.err()).columns);
  output_.write_error("\r" + shortened(text, columns - 1) + "\x1b[K");
  on_line_ = true;
}

void Progress::clear() {
  if (!on_line_) return;
  output_.write_error("\r\x1b[K");
  on_line_ = false;
}

}  // namespace cli
