#include "cli/config_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sstream>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>
#include <toml++/toml.h>

namespace cli {
namespace {

namespace fs = std::filesystem;

/// A file larger than this is not ours. Chosen.
constexpr std::uintmax_t kMaxConfigBytes = 64 * 1024;

tl::unexpected<base::Error> unavailable(const fs::path& path, const std::string& reason) {
  return base::fail(base::ErrorCode::unavailable, path.string() + ": " + reason);
}

tl::unexpected<base::Error> last_error(const fs::path& path) {
  return unavailable(path, std::generic_category().message(errno));
}

/// Closes a descriptor when it goes.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

base::Result<std::string> read_text(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return last_error(path);
  std::string text(kMaxConfigBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error(path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxConfigBytes) return unavailable(path, "larger than 64 KiB, so it is not helix's");
  text.resize(size);
  return text;
}

}  // namespace

base::Result<fs::path> config_path(const Environment& environment) {
  if (const auto xdg = environment.find("XDG_CONFIG_HOME")) return fs::path(*xdg) / "helix" / "config.toml";
  if (const auto home = environment.find("HOME"))
    return fs::path(*home) / ".config" / "helix" / "config.toml";
  return base::fail(
      base::ErrorCode::unavailable,
      "HOME is not set, so there is no place for helix's configuration; set HELIX_URL and HELIX_API_KEY");
}

base::Result<std::optional<Config>> read_config(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error) && !error) return std::nullopt;
  const auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());

  try {
    const auto table = toml::parse(std::string_view(*text), path.string());
    Config config;
    config.url = table["url"].value_or(std::string());
    config.api_key = base::Secret(table["api_key"].value_or(std::string()));
    return config;
  } catch (const toml::parse_error& problem) {
    // The parser's text may quote the line, and with it the key: say only where it is.
    const auto line = problem.source().begin.line;
    return base::fail(base::ErrorCode::malformed, path.string() + ":" + std::to_string(line) +
                                                      ": not TOML; correct it, or log in again: helix login");
  }
}

base::Result<void> write_config(const fs::path& path, const Config& config) {
  const fs::path folder = path.parent_path();
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return last_error(folder);

  std::ostringstream text;
  text << "# Written by helix login. Holds a key: keep it to yourself.\n"
       << toml::table{{"url", config.url}, {"api_key", config.api_key.expose()}} << "\n";

  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (file.get() < 0) return last_error(path);
  const bool stored = write_all(file.get(), text.str()) && ::fsync(file.get()) == 0 &&
                      ::rename(temporary.c_str(), path.c_str()) == 0;
  if (stored) return {};
  auto failure = last_error(path);
  ::unlink(temporary.c_str());
  return failure;
}

base::Result<bool> remove_config(const fs::path& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  return last_error(path);
}

}  // namespace cli
