#include "cli/output.hpp"

#include <cerrno>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace cli {
namespace {

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (errno == EAGAIN) {  // somebody else made it non-blocking
      pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool wants_colour(int out, const Environment& environment) {
  return ::isatty(out) == 1 && !environment.find("NO_COLOR") &&
         environment.find("TERM").value_or("dumb") != "dumb";
}

}  // namespace

Output::Output(int out, int err, OutputFormat format, const Environment& environment)
    : out_(out),
      err_(err),
      format_(format),
      colour_(wants_colour(out, environment)),
      error_is_terminal_(::isatty(err) == 1) {}

void Output::print(std::string_view text) {
  if (!write_all(out_, text)) broken_ = true;
}

void Output::print_json(const json::value& value) { print(pretty(value)); }

void Output::note(std::string_view sentence) { write_error(std::string(sentence) + "\n"); }

void Output::write_error(std::string_view text) {
  // Nothing can be told where standard error is gone.
  static_cast<void>(write_all(err_, text));
}

}  // namespace cli
