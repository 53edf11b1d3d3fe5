// Lines of a RevDial control connection, as a peer may send them.
#include "wire/revdial_control.hpp"

#include <string>
#include <vector>

#include "fuzz_target.hpp"

namespace {

using fuzz::require;

struct Outcome {
  std::vector<wire::ControlLine> lines;
  bool failed = false;
  std::size_t consumed = 0;
};

/// Takes lines off the front until one is incomplete or wrong.
void take_lines(std::string& buffer, Outcome& outcome) {
  while (!outcome.failed) {
    const auto decoded = wire::decode_control(buffer);
    if (!decoded) {
      outcome.failed = true;
      return;
    }
    if (!*decoded) return;
    require((*decoded)->consumed > 0 && (*decoded)->consumed <= buffer.size(),
            "a line takes what was given, no more");
    require((*decoded)->consumed <= wire::kMaxControlLine, "a line is no longer than the limit");
    require(buffer[(*decoded)->consumed - 1] == '\n', "a line ends with a newline");
    outcome.consumed += (*decoded)->consumed;
    outcome.lines.push_back((*decoded)->line);
    buffer.erase(0, (*decoded)->consumed);
  }
}

bool same(const wire::ControlLine& a, const wire::ControlLine& b) {
  return a.command == b.command && a.conn_path == b.conn_path && a.error == b.error && a.target == b.target;
}

void check_round_trip(const wire::ControlLine& line) {
  if (line.command == wire::ControlCommand::unknown) return;
  std::string text;
  wire::encode_control(line, text);
  if (text.size() > wire::kMaxControlLine) return;
  const auto again = wire::decode_control(text);
  require(again && *again && (*again)->consumed == text.size(), "an encoded line decodes");
  // An error is made to fit a line: it changes once and then no more.
  auto expected = line;
  expected.error = (*again)->line.error;
  require(same((*again)->line, expected), "an encoded line decodes to the same");
  require(line.error.empty() == expected.error.empty(), "an error does not vanish");
  std::string twice;
  wire::encode_control((*again)->line, twice);
  require(twice == text, "encoding is stable");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = fuzz::text_of(data, size);
  const auto piece = fuzz::piece_size(fuzz::take_choice(input));

  Outcome whole;
  std::string buffer(input);
  take_lines(buffer, whole);

  Outcome split;
  std::string growing;
  for (std::size_t at = 0; at < input.size() && !split.failed; at += piece) {
    growing += input.substr(at, piece);
    take_lines(growing, split);
  }

  require(whole.failed == split.failed, "pieces fail as the whole does");
  require(whole.consumed == split.consumed && whole.lines.size() == split.lines.size(),
          "pieces give the same lines");
  for (std::size_t i = 0; i < whole.lines.size(); ++i) {
    require(same(whole.lines[i], split.lines[i]), "pieces give the same values");
    check_round_trip(whole.lines[i]);
  }
  return 0;
}
