/// The environment variables of the process, as a value that tests can make.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace cli {

class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> variables)
      : variables_(std::move(variables)) {}

  /// That of this process.
  [[nodiscard]] static Environment of_process();

  /// nullopt when the variable is missing or empty.
  [[nodiscard]] std::optional<std::string> find(const std::string& name) const;

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace cli
