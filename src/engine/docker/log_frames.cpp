#include "engine/docker/log_frames.hpp"

#include <algorithm>

namespace engine {
namespace {

constexpr std::size_t kHeader = 8;

}  // namespace

base::Result<std::string> LogFrames::feed(std::string_view bytes) {
  std::string payload;
  while (!bytes.empty()) {
    if (left_ > 0) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      payload.append(bytes.substr(0, size));
      bytes.remove_prefix(size);
      left_ -= size;
      continue;
    }
    const auto size = std::min(kHeader - header_.size(), bytes.size());
    header_.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (header_.size() < kHeader) break;
    if (static_cast<unsigned char>(header_[0]) > 2 || header_[1] != 0 || header_[2] != 0 || header_[3] != 0)
      return base::fail(base::ErrorCode::malformed, "the engine's log is not framed as expected");
    for (std::size_t i = 4; i < kHeader; ++i) left_ = left_ << 8U | static_cast<unsigned char>(header_[i]);
    header_.clear();
  }
  return payload;
}

}  // namespace engine
