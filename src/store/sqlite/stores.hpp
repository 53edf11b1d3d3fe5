/// The stores on SQLite.
#pragma once

#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "base/log.hpp"
#include "store/exposure_store.hpp"
#include "store/gateway_store.hpp"
#include "store/removal_store.hpp"
#include "store/sandbox_store.hpp"
#include "store/session_store.hpp"
#include "store/sqlite/connections.hpp"
#include "store/user_store.hpp"

namespace store::sqlite {

class SqliteUsers : public UserStore {
 public:
  explicit SqliteUsers(Connections& connections) : connections_(connections) {}
  std::optional<wire::User> find_user(const wire::UserId& id) override;
  std::vector<wire::User> list_users() override;
  io::Task<base::Result<void>> create_user(wire::User user, KeyRecord key) override;
  io::Task<base::Result<void>> remove_user(wire::UserId id) override;
  std::optional<KeyHolder> find_key(const TokenHash& hash) override;
  std::optional<KeyRecord> find_key(const wire::KeyId& id) override;
  std::vector<KeyRecord> list_keys(const wire::UserId& owner) override;
  io::Task<base::Result<void>> create_key(KeyRecord key) override;
  io::Task<base::Result<void>> touch_key(wire::KeyId id, base::Time used_at) override;
  io::Task<base::Result<void>> remove_key(wire::KeyId id) override;
  std::optional<KeyHolder> find_login(const TokenHash& hash, base::Time now) override;
  io::Task<base::Result<void>> create_login(LoginRecord login) override;
  io::Task<base::Result<void>> remove_login(TokenHash hash) override;

 private:
  Connections& connections_;
};

class SqliteSessions : public SessionStore {
 public:
  explicit SqliteSessions(Connections& connections) : connections_(connections) {}
  std::optional<SessionRecord> find(const wire::SessionId& id) override;
  std::vector<SessionRecord> list(const std::optional<wire::UserId>& owner) override;
  std::vector<SessionRecord> list_on(const wire::SandboxId& sandbox) override;
  std::vector<SessionRecord> list_in(wire::SessionState state) override;
  std::map<wire::SandboxId, std::int64_t> occupied() override;
  std::vector<SessionEvent> events(const wire::SessionId& id) override;
  io::Task<base::Result<SessionRecord>> create(SessionRecord session, KeyRecord key,
                                               std::vector<Candidate> candidates,
                                               std::int64_t owner_limit) override;
  io::Task<base::Result<SessionRecord>> restart(wire::SessionId id, KeyRecord key,
                                                std::vector<Candidate> candidates,
                                                SessionEvent event) override;
  io::Task<base::Result<SessionRecord>> change(wire::SessionId id, std::vector<wire::SessionState> from,
                                               SessionChange change, base::Time now) override;
  io::Task<base::Result<SessionRecord>> remove(wire::SessionId id, base::Time now) override;

 private:
  Connections& connections_;
};

class SqliteRemovals : public RemovalStore {
 public:
  explicit SqliteRemovals(Connections& connections) : connections_(connections) {}
  std::vector<RemovalRecord> list_removals(const wire::SandboxId& sandbox) override;
  std::optional<RemovalRecord> find_removal(const wire::SessionId& session,
                                            const wire::SandboxId& sandbox) override;
  io::Task<base::Result<void>> finish_removal(wire::SessionId session, wire::SandboxId sandbox) override;

 private:
  Connections& connections_;
};

class SqliteExposures : public ExposureStore {
 public:
  explicit SqliteExposures(Connections& connections) : connections_(connections) {}
  std::vector<ExposureRecord> list_exposures(const wire::SessionId& session) override;
  std::optional<ExposureRecord> find_exposure(const wire::SessionId& session, std::uint16_t port) override;
  std::optional<ExposureRecord> find_exposure(const wire::SessionId& session,
                                              const std::string& name) override;
  std::optional<ExposureRecord> find_allocated(std::uint16_t allocated_port) override;
  std::vector<ExposureRecord> list_allocated() override;
  io::Task<base::Result<Added>> add_exposure(ExposureRecord exposure, std::int64_t most) override;
  io::Task<base::Result<void>> remove_exposure(wire::SessionId session, std::uint16_t port) override;

 private:
  Connections& connections_;
};

class SqliteGateway : public GatewayStore {
 public:
  explicit SqliteGateway(Connections& connections) : connections_(connections) {}
  std::vector<wire::User> list_invited(const wire::SessionId& session) override;
  bool is_invited(const wire::SessionId& session, const wire::UserId& user) override;
  io::Task<base::Result<void>> invite(wire::SessionId session, wire::UserId user, base::Time at,
                                      std::int64_t most) override;
  io::Task<base::Result<void>> uninvite(wire::SessionId session, wire::UserId user) override;
  std::vector<ShareLinkRecord> list_share_links(const wire::SessionId& session, std::uint16_t port) override;
  std::optional<ShareLinkRecord> find_share_link(const TokenHash& hash, base::Time now) override;
  std::optional<ShareLinkRecord> find_share_link(const wire::ShareLinkId& id) override;
  io::Task<base::Result<void>> create_share_link(ShareLinkRecord link, std::int64_t most) override;
  io::Task<base::Result<void>> rotate_share_link(wire::ShareLinkId id, TokenHash hash) override;
  io::Task<base::Result<void>> remove_share_link(wire::ShareLinkId id) override;
  std::optional<AppLoginRecord> find_app_login(const TokenHash& hash, base::Time now) override;
  io::Task<base::Result<void>> create_app_login(AppLoginRecord login) override;

 private:
  Connections& connections_;
};

class SqliteSandboxes : public SandboxStore {
 public:
  explicit SqliteSandboxes(Connections& connections) : connections_(connections) {}
  std::optional<SandboxRecord> find_sandbox(const wire::SandboxId& id) override;
  std::optional<SandboxRecord> find_sandbox(const TokenHash& token) override;
  std::vector<SandboxRecord> list_sandboxes() override;
  io::Task<base::Result<void>> enrol(wire::SandboxId id, TokenHash token, base::Time now) override;
  io::Task<base::Result<void>> mark_token_used(wire::SandboxId id) override;
  io::Task<base::Result<void>> drop_token(wire::SandboxId id) override;
  io::Task<base::Result<void>> note_heartbeat(wire::SandboxId id, wire::Heartbeat report,
                                              base::Time now) override;
  io::Task<base::Result<void>> set_draining(wire::SandboxId id, bool draining) override;
  io::Task<base::Result<void>> remove_sandbox(wire::SandboxId id) override;

 private:
  Connections& connections_;
};

/// All of them over one database file.
struct Stores {
  explicit Stores(std::unique_ptr<Connections> open)
      : connections(std::move(open)),
        users(*connections),
        sandboxes(*connections),
        sessions(*connections),
        removals(*connections),
        exposures(*connections),
        gateway(*connections) {}

  /// Fails as Connections::open does.
  static base::Result<std::unique_ptr<Stores>> open(const std::filesystem::path& path, const base::Log& log);

  /// Reads, and writes too where the last write failed. Fails with what is wrong.
  io::Task<base::Result<void>> check();

  std::unique_ptr<Connections> connections;
  SqliteUsers users;
  SqliteSandboxes sandboxes;
  SqliteSessions sessions;
  SqliteRemovals removals;
  SqliteExposures exposures;
  SqliteGateway gateway;
};

}  // namespace store::sqlite
