#include "engine/engine.hpp"

namespace engine {

ImageName split_image_name(const std::string& name) {
  if (name.find('@') != std::string::npos) return {name, ""};
  const auto slash = name.rfind('/');
  const auto colon = name.rfind(':');
  const bool has_tag = colon != std::string::npos && (slash == std::string::npos || colon > slash);
  if (!has_tag) return {name, "latest"};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

}  // namespace engine
