#include <csignal>
#include <string>
#include <vector>

#include "cli/program.hpp"

int main(int argc, char** argv) {
  std::signal(SIGPIPE,
              SIG_IGN);  // a reader that is gone shows as EPIPE, where it can be told from a lost connection
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto environment = cli::Environment::of_process();
  const base::SystemClock clock;
  return cli::run_program(words, environment, clock, {});
}
