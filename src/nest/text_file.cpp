#include "nest/text_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace nest {
namespace {

base::Error failure(const std::filesystem::path& path, int error) {
  const bool denied = error == EACCES || error == EPERM || error == EROFS;
  return base::Error(denied ? base::ErrorCode::forbidden : base::ErrorCode::internal,
                     "cannot write " + path.string() + ": " + std::strerror(error));
}

base::Result<void> write_to(const std::filesystem::path& path, std::string_view text, int flags,
                            unsigned mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
  if (file < 0) return tl::unexpected(failure(path, errno));
  std::size_t done = 0;
  // An empty text is still one write: some kernel files act on it.
  do {
    const ssize_t size = ::write(file, text.data() + done, text.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      const int error = errno;
      ::close(file);
      return tl::unexpected(failure(path, error));
    }
    done += static_cast<std::size_t>(size);
  } while (done < text.size());
  if (::close(file) != 0) return tl::unexpected(failure(path, errno));
  return {};
}

}  // namespace

std::optional<std::string> read_text_file(const std::filesystem::path& path, std::size_t most) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::string text;
  char buffer[16 * 1024];
  while (text.size() < most) {
    const ssize_t size = ::read(file, buffer, std::min(sizeof buffer, most - text.size()));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      ::close(file);
      return std::nullopt;
    }
    if (size == 0) break;
    text.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(file);
  return text;
}

base::Result<void> write_text_file(const std::filesystem::path& path, std::string_view text) {
  return write_to(path, text, O_TRUNC, 0644);
}

base::Result<void> replace_text_file(const std::filesystem::path& path, std::string_view text,
                                     unsigned mode) {
  const std::filesystem::path fresh = path.string() + ".new";
  ::unlink(fresh.c_str());
  if (auto written = write_to(fresh, text, O_EXCL, mode); !written) return written;
  if (::rename(fresh.c_str(), path.c_str()) != 0) return tl::unexpected(failure(path, errno));
  return {};
}

}  // namespace nest
