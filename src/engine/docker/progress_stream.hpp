/// The stream of JSON messages with which the Engine API answers a pull or a push: progress, and errors
/// inside a 200.
///
///     {"status":"Pulling fs
///     layer","progressDetail":{},"id":"3f4ca61aafcd"}\r\n{"errorDetail":{…},"error":"…"}\r\n
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace engine {

/// Longest message taken; longer ones are a failure. Chosen: real ones stay below 1 KiB.
inline constexpr std::size_t kMaxProgressMessage = 64 * 1024;

class ProgressStream {
 public:
  /// Takes the next bytes. Fails with malformed on what is no JSON object or is too long.
  [[nodiscard]] base::Result<void> feed(std::string_view bytes);
  /// Takes the end: a last message needs no newline.
  [[nodiscard]] base::Result<void> finish();

  /// The first error that the engine reported, "" while there is none.
  [[nodiscard]] const std::string& error() const { return error_; }
  /// The last status line for people: "Downloading 3f4ca61aafcd".
  [[nodiscard]] const std::string& status() const { return status_; }

 private:
  [[nodiscard]] base::Result<void> take(std::string_view message);

  std::string pending_;
  std::string error_;
  std::string status_;
};

}  // namespace engine
