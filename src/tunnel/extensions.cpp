#include "tunnel/extensions.hpp"

#include <string>

namespace tunnel {
namespace {

constexpr const char* kField = "X-Helix-Tunnel";

}  // namespace

Extensions Extensions::read(const wire::Fields& fields) {
  return {fields.has_token(kField, "raw"), fields.has_token(kField, "target")};
}

void Extensions::write(wire::Fields& fields) const {
  std::string names;
  if (raw) names = "raw";
  if (target) names += names.empty() ? "target" : ", target";
  if (!names.empty()) fields.add(kField, names);
}

}  // namespace tunnel
