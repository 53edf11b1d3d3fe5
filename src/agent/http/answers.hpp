/// Answers that every handler gives alike.
#pragma once

#include <string>

#include "base/error.hpp"
#include "io/http/message.hpp"

namespace agent {

[[nodiscard]] io::http::Response json_answer(int status, std::string body);
/// A problem document whose status follows from the error's code.
[[nodiscard]] io::http::Response problem_answer(const base::Error& error);

}  // namespace agent
