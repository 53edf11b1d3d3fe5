/// Runs helix's command line in this process, with pipes for standard streams and a home of its own.
#pragma once

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/clock.hpp"
#include "cli/program.hpp"

namespace support {

/// Both ends of a pipe, closed when they go.
class Pipe {
 public:
  Pipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    read_ = ends[0];
    write_ = ends[1];
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int read_end() const { return read_; }
  [[nodiscard]] int write_end() const { return write_; }
  void close_read() { close_end(read_); }
  void close_write() { close_end(write_); }

  /// Everything until the writers are gone.
  [[nodiscard]] std::string read_all() const {
    std::string text;
    char buffer[65536];
    for (ssize_t got = 0; (got = ::read(read_, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    return text;
  }
  void write_all(const std::string& text) const {
    for (std::size_t at = 0; at < text.size();) {
      const auto written = ::write(write_, text.data() + at, text.size() - at);
      if (written <= 0) return;
      at += static_cast<std::size_t>(written);
    }
  }

 private:
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  int read_ = -1;
  int write_ = -1;
};

/// A directory that goes with the object.
class TemporaryHome {
 public:
  TemporaryHome() {
    std::string name = (std::filesystem::temp_directory_path() / "helix-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryHome() { std::filesystem::remove_all(path_); }
  TemporaryHome(const TemporaryHome&) = delete;
  TemporaryHome& operator=(const TemporaryHome&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Finished {
  int status = 0;
  std::string out;
  std::string err;
};

/// Reads until the words are there, or the writers are gone; everything that was read.
inline std::string read_until(int descriptor, const std::string& words) {
  std::string text;
  char byte = 0;
  while (text.find(words) == std::string::npos && ::read(descriptor, &byte, 1) == 1) text.push_back(byte);
  return text;
}

using Variables = std::map<std::string, std::string, std::less<>>;

/// Runs `words` to the end; `input` comes on standard input, then its end.
inline Finished run_helix(const std::vector<std::string>& words, const Variables& variables,
                          const std::string& input = {}) {
  std::signal(SIGPIPE, SIG_IGN);  // as the program's main does
  Pipe in;
  Pipe out;
  Pipe err;
  const cli::Environment environment(variables);
  const base::SystemClock clock;
  auto feeding = std::async(std::launch::async, [&] {
    in.write_all(input);
    in.close_write();
  });
  auto printed = std::async(std::launch::async, [&] { return out.read_all(); });
  auto told = std::async(std::launch::async, [&] { return err.read_all(); });

  Finished finished;
  const cli::StandardStreams streams{in.read_end(), out.write_end(), err.write_end()};
  finished.status = cli::run_program(words, environment, clock, streams);
  out.close_write();
  err.close_write();
  in.close_read();  // a feeder whose rest nobody wants gets EPIPE
  feeding.get();
  finished.out = printed.get();
  finished.err = told.get();
  return finished;
}

}  // namespace support
