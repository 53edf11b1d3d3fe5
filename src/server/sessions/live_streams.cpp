#include "server/sessions/live_streams.hpp"

#include <vector>

namespace server {

void LiveStreams::end(const wire::SessionId& session) {
  // Copied first: closing may end a stream's task, which takes its entry away.
  std::vector<std::function<void()>> closing;
  const auto [from, to] = open_.equal_range(session);
  for (auto entry = from; entry != to; ++entry) closing.push_back(entry->second);
  for (const auto& close : closing) close();
  runners_.drop(wire::desktop_runner(session));
}

}  // namespace server
