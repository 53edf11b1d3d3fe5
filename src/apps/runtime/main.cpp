// helix-runtime: an OCI runtime that lowers a container's demands to what this level holds, then becomes
// runc.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>
#include <vector>

#include <sys/stat.h>

#include "base/log.hpp"
#include "nest/held_rights.hpp"
#include "nest/oci_clamp.hpp"
#include "nest/runtime_command.hpp"
#include "nest/text_file.hpp"

namespace {

using nest::RuntimeCommand;

/// Standard error of a runtime goes to whoever asked for the container, so notes have a file of their own.
constexpr const char* kLogFile = "/run/helix/runtime.log";
constexpr off_t kLogLimitBytes = 1024 * 1024;

void log_notes(const RuntimeCommand& command, const std::vector<std::string>& notes) {
  struct stat info{};
  const bool full = ::stat(kLogFile, &info) == 0 && info.st_size > kLogLimitBytes;
  std::FILE* file = std::fopen(kLogFile, full ? "we" : "ae");
  if (file == nullptr) return;
  std::string all;
  for (const std::string& note : notes) all += (all.empty() ? "" : "; ") + note;
  const base::Log log("helix-runtime", base::LogLevel::info, base::LogFormat::json,
                      [file](std::string_view line) {
                        std::fprintf(file, "%.*s\n", static_cast<int>(line.size()), line.data());
                      });
  log.info("runtime.clamped", {{"file", command.file.string()}, {"notes", all}});
  std::fclose(file);
}

base::Result<void> clamp_file(const RuntimeCommand& command) {
  const auto text = nest::read_text_file(command.file, nest::kMaxOciConfigBytes + 1);
  if (!text) return base::fail(base::ErrorCode::not_found, "cannot read " + command.file.string());
  const auto held = nest::find_held_rights(nest::asked_oom_score_adj(*text));
  const auto clamped = command.kind == RuntimeCommand::Kind::config ? nest::clamp_config(*text, held)
                                                                    : nest::clamp_process(*text, held);
  if (!clamped) return tl::unexpected(clamped.error());
  if (clamped->notes.empty()) return {};
  if (auto written = nest::replace_text_file(command.file, clamped->json, 0600); !written) return written;
  log_notes(command, clamped->notes);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0] == "--version-helix") {
    std::puts(HELIX_VERSION);
    return 0;
  }
  const RuntimeCommand command = nest::parse_runtime_command(arguments);
  if (command.kind != RuntimeCommand::Kind::other) {
    if (const auto clamped = clamp_file(command); !clamped) {
      std::fprintf(stderr, "helix-runtime: %s\n", clamped.error().message().c_str());
      return 1;
    }
  }
  // runc's own word for "device rules may fail", see docs/decisions/0002-nesting.md.
  static char rootless[] = "--rootless=true";
  std::vector<char*> words(argv, argv + argc);
  if (command.kind != RuntimeCommand::Kind::other && nest::device_programs_denied())
    words.insert(words.begin() + 1, rootless);
  words.push_back(nullptr);
  for (const char* runc :
       {"/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc", "/usr/local/bin/runc"}) {
    ::execv(runc, words.data());
  }
  std::fprintf(stderr, "helix-runtime: runc is not installed: %s\n", std::strerror(errno));
  return 1;
}
