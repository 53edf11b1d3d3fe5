// Text frames of exec, both ways.
#include "fuzz_target.hpp"
#include "wire/exec.hpp"

namespace {

using fuzz::require;

/// What decodes must decode to the same when it is sent on.
template <class Decode>
void check(std::string_view input, Decode decode) {
  const auto decoded = decode(input);
  if (!decoded) return;
  const auto text = wire::encode(*decoded);
  const auto again = decode(text);
  require(again.has_value(), "an encoded message decodes");
  require(wire::encode(*again) == text, "an encoded message decodes to the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::text_of(data, size);
  check(input, wire::decode_exec_request);
  check(input, wire::decode_exec_event);
  return 0;
}
