#include "engine/docker/progress_stream.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace engine {

base::Result<void> ProgressStream::feed(std::string_view bytes) {
  pending_.append(bytes);
  std::size_t start = 0;
  for (;;) {
    const auto end = pending_.find('\n', start);
    if (end == std::string::npos) break;
    const auto taken = take(std::string_view(pending_).substr(start, end - start));
    if (!taken) return taken;
    start = end + 1;
  }
  pending_.erase(0, start);
  if (pending_.size() > kMaxProgressMessage)
    return base::fail(base::ErrorCode::malformed, "the engine's progress message is longer than 64 KiB");
  return {};
}

base::Result<void> ProgressStream::finish() {
  const auto rest = std::move(pending_);
  pending_.clear();
  return take(rest);
}

base::Result<void> ProgressStream::take(std::string_view message) {
  const auto first = message.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};

  boost::system::error_code error;
  const auto value = boost::json::parse(boost::json::string_view(message.data(), message.size()), error);
  if (error || !value.is_object())
    return base::fail(base::ErrorCode::malformed, "the engine's progress message is not a JSON object");

  const auto& object = value.get_object();
  const auto text = [&object](std::string_view key) {
    const auto* member = object.if_contains(key);
    if (member == nullptr || !member->is_string()) return std::string();
    return std::string(member->get_string());
  };
  const auto problem = text("error");
  if (!problem.empty() && error_.empty()) error_ = problem;
  const auto status = text("status");
  const auto id = text("id");
  if (!status.empty()) status_ = id.empty() ? status : status + " " + id;
  return {};
}

}  // namespace engine
