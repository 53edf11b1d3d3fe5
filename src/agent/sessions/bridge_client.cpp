#include "agent/sessions/bridge_client.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <utility>

#include <sys/stat.h>

#include "agent/descriptor.hpp"
#include "io/http/client.hpp"
#include "io/net.hpp"
#include "io/timeout.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::size_t kMostAnswer = 4096;

class BridgeConnector : public io::Connector {
 public:
  BridgeConnector(std::filesystem::path path, std::chrono::milliseconds limit)
      : path_(std::move(path)), limit_(limit) {}
  io::Task<base::Result<io::StreamPtr>> connect() override {
    co_return co_await connect_bridge(path_, limit_);
  }

 private:
  std::filesystem::path path_;
  std::chrono::milliseconds limit_;
};

}  // namespace

io::Task<base::Result<io::StreamPtr>> connect_bridge(std::filesystem::path path,
                                                     std::chrono::milliseconds limit) {
  const Descriptor place(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (place.get() < 0)
    co_return fail(ErrorCode::unavailable, "cannot open " + path.string() + ": " + std::strerror(errno));
  struct stat what{};
  if (::fstat(place.get(), &what) != 0 || !S_ISSOCK(what.st_mode))
    co_return fail(ErrorCode::unavailable, path.string() + " is not a socket");
  // By the descriptor: the name may be another thing by now.
  const std::filesystem::path seen = "/proc/self/fd/" + std::to_string(place.get());
  co_return co_await io::connect_unix(seen, limit);
}

io::Task<base::Result<void>> reload_bridge(std::filesystem::path path, std::chrono::milliseconds limit) {
  BridgeConnector connector(std::move(path), limit);
  io::http::Request request;
  request.method = "POST";
  request.target = "/reload";
  io::http::ClientLimits limits;
  limits.connect_and_head = limit;
  limits.idle = limit;
  limits.body_bytes = kMostAnswer;
  auto asking = io::http::fetch(connector, "desktop-bridge", std::move(request), limits);
  const auto answer = co_await io::within(limit, std::move(asking));
  if (!answer) co_return tl::unexpected(answer.error());
  constexpr int kTaken = 204;
  if (answer->status != kTaken) {
    co_return fail(ErrorCode::conflict, "the bridge answers " + std::to_string(answer->status) + ": " +
                                            answer->body.substr(0, 300));
  }
  co_return base::Result<void>{};
}

}  // namespace agent
