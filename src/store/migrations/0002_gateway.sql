-- Who gets in at the gateway, and by which ports.
ALTER TABLE exposures ADD COLUMN host_header TEXT NOT NULL DEFAULT 'original';
ALTER TABLE exposures ADD COLUMN allow_cidrs TEXT NOT NULL DEFAULT '[]';  -- JSON array of strings
ALTER TABLE exposures ADD COLUMN allocated_port INTEGER;                  -- NULL: none
CREATE UNIQUE INDEX exposures_by_allocated_port ON exposures (allocated_port) WHERE allocated_port IS NOT NULL;

CREATE TABLE invitations (
  session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  invited_at INTEGER NOT NULL,
  PRIMARY KEY (session, user)
) STRICT;
CREATE INDEX invitations_by_user ON invitations (user);

CREATE TABLE share_links (
  id TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  port INTEGER NOT NULL,
  label TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,                         -- NULL: never
  FOREIGN KEY (session, port) REFERENCES exposures (session, port) ON DELETE CASCADE
) STRICT;
CREATE INDEX share_links_by_exposure ON share_links (session, port);

-- Browsers that were let in at a port, which need not be exposed. One by a login at the platform has user and login,
-- one by a share link has share.
CREATE TABLE app_logins (
  hash BLOB PRIMARY KEY,
  session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  port INTEGER NOT NULL,
  user TEXT REFERENCES users (id) ON DELETE CASCADE,
  login BLOB REFERENCES logins (hash) ON DELETE CASCADE,
  share TEXT REFERENCES share_links (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  CHECK ((share IS NULL) = (user IS NOT NULL) AND (user IS NULL) = (login IS NULL))
) STRICT;
CREATE INDEX app_logins_by_session ON app_logins (session, port);
CREATE INDEX app_logins_by_user ON app_logins (user);
CREATE INDEX app_logins_by_login ON app_logins (login);
CREATE INDEX app_logins_by_share ON app_logins (share);
CREATE INDEX app_logins_by_expiry ON app_logins (expires_at);

-- Here rather than in a program's code, so that no way to end an exposure forgets it.
CREATE TRIGGER app_logins_end_with_exposure AFTER DELETE ON exposures BEGIN
  DELETE FROM app_logins WHERE session = old.session AND port = old.port;
END;
