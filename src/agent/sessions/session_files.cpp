#include "agent/sessions/session_files.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <system_error>
#include <unistd.h>

#include <sys/stat.h>

#include "agent/files.hpp"
#include "io/process.hpp"

namespace agent {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::fail;

// Chosen: a workspace of a million files is gone in half of that.
constexpr std::chrono::minutes kRemoveLimit{5};

// Chosen: 20 MiB on a busy disk.
constexpr std::chrono::minutes kCopyLimit{1};

base::Result<void> make_directory(const fs::path& path, mode_t mode) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(ErrorCode::internal, "cannot make " + path.string() + ": " + error.message());
  if (chmod(path.c_str(), mode) != 0)
    return fail(ErrorCode::internal, "cannot set the mode of " + path.string() + ": " + std::strerror(errno));
  return {};
}

/// Names of the programs in `directory`, sorted; without those that are being published just now
/// (".name.new").
base::Result<std::vector<std::string>> programs_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    auto name = entry.path().filename().string();
    std::error_code ignored;
    if (name.front() != '.' && entry.is_regular_file(ignored)) names.push_back(std::move(name));
  }
  if (error || names.empty()) {
    return fail(ErrorCode::not_found, "there are no programs in " + directory.string() +
                                          (error ? ": " + error.message() : std::string()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Looks without opening. A session that forges its copy's time keeps an old program for itself and no more.
bool is_current(const fs::path& source, const fs::path& copy) {
  struct stat original{};
  struct stat own{};
  if (lstat(source.c_str(), &original) != 0 || lstat(copy.c_str(), &own) != 0) return false;
  const bool same_inode = original.st_dev == own.st_dev && original.st_ino == own.st_ino;
  return S_ISREG(own.st_mode) && !same_inode && own.st_size == original.st_size &&
         own.st_mtim.tv_sec == original.st_mtim.tv_sec && own.st_mtim.tv_nsec == original.st_mtim.tv_nsec;
}

}  // namespace

std::string env_file_text(const std::vector<std::string>& extras, const std::vector<std::string>& env) {
  std::map<std::string, std::string, std::less<>> values;
  for (const auto* list : {&extras, &env}) {
    for (const auto& entry : *list) {
      const auto equals = entry.find('=');
      if (equals != std::string::npos) values[entry.substr(0, equals)] = entry.substr(equals + 1);
    }
  }
  std::string text;
  for (const auto& [key, value] : values) text += key + "=" + value + "\n";
  return text;
}

SessionFiles::SessionFiles(fs::path data, SessionExtras extras)
    : data_(std::move(data)), extras_(std::move(extras)) {}

base::Result<bool> SessionFiles::prepare(const wire::SessionId& id, const std::vector<std::string>& env) {
  const auto places = paths(id);
  std::error_code ignored;
  const bool fresh = !fs::exists(places.workspace(), ignored);

  const auto workspace = make_directory(places.workspace(), 0755);
  if (!workspace) return tl::unexpected(workspace.error());
  // Tokens lie here: nobody but root, and in the session root only.
  const auto runtime = make_directory(places.runtime(), 0700);
  if (!runtime) return tl::unexpected(runtime.error());
  // The engine would make it by itself, with whatever mode.
  const auto programs = make_directory(places.programs(), 0755);
  if (!programs) return tl::unexpected(programs.error());
  const auto staging = make_directory(places.staging(), 0700);
  if (!staging) return tl::unexpected(staging.error());

  auto extras = extras_.env;
  if (!extras_.certificates.empty()) {
    const auto written = place_file(places.staging() / places.certificates().filename(),
                                    places.certificates(), extras_.certificates, 0644);
    if (!written) return tl::unexpected(written.error());
    extras.emplace_back("HELIX_CA_CERTS=/run/helix/session/" + places.certificates().filename().string());
  }
  const auto written =
      place_file(places.staging() / "env", places.env_file(), env_file_text(extras, env), 0600);
  if (!written) return tl::unexpected(written.error());
  fs::remove(places.staging(), ignored);
  return fresh;
}

io::Task<base::Result<std::vector<std::string>>> SessionFiles::refresh_programs(wire::SessionId id,
                                                                                fs::path source) {
  const auto places = paths(id);
  auto wanted = programs_in(source);
  if (!wanted) co_return tl::unexpected(wanted.error());
  auto stale = std::move(*wanted);
  std::erase_if(stale,
                [&](const std::string& name) { return is_current(source / name, places.programs() / name); });
  if (stale.empty()) co_return stale;

  const auto programs = make_directory(places.programs(), 0755);
  if (!programs) co_return tl::unexpected(programs.error());
  const auto staging = make_directory(places.staging(), 0700);
  if (!staging) co_return tl::unexpected(staging.error());
  // cp, because copying holds up the loop. Where the file system can, it takes no space.
  std::vector<std::string> argv{"cp", "--reflink=auto", "--preserve=mode,timestamps", "--remove-destination",
                                "--"};
  for (const auto& name : stale) argv.push_back((source / name).string());
  argv.push_back(places.staging().string() + "/");
  const auto copied = co_await io::run_command(std::move(argv), kCopyLimit);
  if (!copied) co_return tl::unexpected(copied.error());
  if (copied->status != 0) {
    co_return fail(ErrorCode::internal,
                   "cannot copy the programs for " + id.text() + ": " + copied->err.substr(0, 500));
  }
  for (const auto& name : stale) {
    const auto target = places.programs() / name;
    if (rename((places.staging() / name).c_str(), target.c_str()) != 0)
      co_return fail(ErrorCode::internal, "cannot replace " + target.string() + ": " + std::strerror(errno));
  }
  std::error_code ignored;
  fs::remove(places.staging(), ignored);
  co_return stale;
}

io::Task<base::Result<void>> SessionFiles::remove(wire::SessionId id) {
  const auto places = paths(id);
  // rm, because a tree of a million files must not hold up the loop.
  std::vector<std::string> argv{"rm",
                                "-rf",
                                "--one-file-system",
                                "--",
                                places.workspace().string(),
                                places.runtime().string(),
                                places.programs().string(),
                                places.staging().string(),
                                places.stopped_marker().string()};
  const auto result = co_await io::run_command(std::move(argv), kRemoveLimit);
  if (!result) co_return tl::unexpected(result.error());
  if (result->status != 0)
    co_return fail(ErrorCode::internal,
                   "cannot remove the files of " + id.text() + ": " + result->err.substr(0, 500));
  co_return base::Result<void>{};
}

bool SessionFiles::wants_stopped(const wire::SessionId& id) const {
  std::error_code ignored;
  return fs::exists(paths(id).stopped_marker(), ignored);
}

base::Result<void> SessionFiles::set_wants_stopped(const wire::SessionId& id, bool stopped) {
  const auto marker = paths(id).stopped_marker();
  std::error_code error;
  if (!stopped) {
    fs::remove(marker, error);
    if (error) return fail(ErrorCode::internal, "cannot remove " + marker.string() + ": " + error.message());
    return {};
  }
  const auto directory = make_directory(marker.parent_path(), 0700);
  if (!directory) return directory;
  return replace_file(marker, "", 0600);
}

std::set<wire::SessionId> SessionFiles::sessions() const {
  std::set<wire::SessionId> ids;
  const std::array places{data_ / "workspaces" / "sessions", data_ / "sessions", data_ / "session-bin",
                          data_ / "hydra" / "staging", data_ / "hydra" / "stopped"};
  for (const auto& place : places) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(place, error)) {
      const auto name = entry.path().filename().string();
      const auto id = wire::SessionId::parse(name);
      if (id && id->text() == name) ids.insert(*id);
    }
  }
  return ids;
}

}  // namespace agent
