#include "agent/log_ring.hpp"

#include <algorithm>

namespace agent {

void LogRing::add(std::string_view line) {
  const std::lock_guard lock(mutex_);
  lines_.emplace_back(line);
  ++end_;
  if (lines_.size() > most_) lines_.pop_front();
}

LogRing::Page LogRing::tail(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  const auto shown = std::min(count, lines_.size());
  return {{lines_.end() - static_cast<std::ptrdiff_t>(shown), lines_.end()}, end_};
}

LogRing::Page LogRing::since(std::uint64_t position) const {
  const std::lock_guard lock(mutex_);
  const auto missed = static_cast<std::size_t>(end_ - std::min(position, end_));
  const auto shown = std::min(missed, lines_.size());
  return {{lines_.end() - static_cast<std::ptrdiff_t>(shown), lines_.end()}, end_};
}

}  // namespace agent
