#include "agent/http/answers.hpp"

#include <utility>

#include "wire/error_table.hpp"

namespace agent {

io::http::Response json_answer(int status, std::string body) {
  return io::http::make_response(status, "application/json", std::move(body));
}

io::http::Response problem_answer(const base::Error& error) {
  const auto problem = wire::make_problem(error);
  return io::http::make_response(problem.status, std::string(wire::kProblemType), wire::encode(problem));
}

}  // namespace agent
