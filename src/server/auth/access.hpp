/// Who may call a route: the words of the authorisation table and what they mean.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "server/auth/principal.hpp"

namespace server {

/// A set of the words of api/openapi.yaml's x-access.
class Access {
 public:
  enum Word : std::uint8_t {
    anonymous = 1,
    user = 2,
    admin = 4,
    owner = 8,
    session = 16,
    sandbox = 32,
    enrolment = 64,
    exposure = 128  // whoever gateway/admission lets in at the port, nobody known included
  };

  constexpr Access(std::initializer_list<Word> words) {
    for (const auto word : words) bits_ = static_cast<std::uint8_t>(bits_ | word);
  }
  [[nodiscard]] constexpr bool has(Word word) const { return (bits_ & word) != 0; }
  /// In the order of the enumeration.
  [[nodiscard]] std::vector<std::string> words() const;

 private:
  std::uint8_t bits_ = 0;
};

/// Whether this kind of caller may call at all. Fails with unauthenticated (nobody is known) or forbidden.
[[nodiscard]] base::Result<void> check_kind(const Access& access, const Principal& caller);

/// Whether the caller may touch a thing of `owner`, which belongs to session `of` where that is set. To be
/// called after check_kind. Fails with not_found: another owner's thing looks as if it were not there.
[[nodiscard]] base::Result<void> check_owner(const Access& access, const Principal& caller,
                                             const wire::UserId& owner,
                                             const std::optional<wire::SessionId>& of,
                                             const std::string& what);

}  // namespace server
