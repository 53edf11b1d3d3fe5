-- Times are milliseconds since 1970 in UTC. Secrets are here as hashes only.
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('user', 'admin')),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sandboxes (
  id TEXT PRIMARY KEY,
  token_hash BLOB UNIQUE,                     -- NULL: the name may be enrolled
  token_used INTEGER NOT NULL DEFAULT 0,      -- 1 once the sandbox has shown that it holds the token
  draining INTEGER NOT NULL DEFAULT 0,
  report TEXT NOT NULL DEFAULT '',            -- the last heartbeat, JSON
  last_seen_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('starting', 'running', 'stopping', 'stopped', 'failed')),
  status_message TEXT NOT NULL,
  sandbox TEXT REFERENCES sandboxes (id),
  image TEXT NOT NULL,
  container_type TEXT NOT NULL,
  vcpus INTEGER NOT NULL,
  memory_mb INTEGER NOT NULL,
  env TEXT NOT NULL,                          -- JSON object of strings
  docker_version TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  started_at INTEGER,
  UNIQUE (owner, name)
) STRICT;
CREATE INDEX sessions_by_sandbox ON sessions (sandbox);
CREATE INDEX sessions_by_state ON sessions (state);

CREATE TABLE session_events (
  session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX session_events_by_session ON session_events (session, at);

-- A key of a person (session is NULL) or of a session.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  session TEXT REFERENCES sessions (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;
CREATE INDEX api_keys_by_owner ON api_keys (owner);
CREATE INDEX api_keys_by_session ON api_keys (session);

-- Browsers that are logged in; a login ends with the key that it was made with.
CREATE TABLE logins (
  hash BLOB PRIMARY KEY,
  key TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_by_key ON logins (key);

CREATE TABLE exposures (
  session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  port INTEGER NOT NULL,
  owner TEXT NOT NULL,
  protocol TEXT NOT NULL,
  name TEXT,
  visibility TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (session, port)
) STRICT;
CREATE UNIQUE INDEX exposures_by_name ON exposures (owner, name) WHERE name IS NOT NULL;

-- What is still to be done on a sandbox about a session that ended here; survives the session's row.
CREATE TABLE removals (
  session TEXT NOT NULL,
  sandbox TEXT NOT NULL REFERENCES sandboxes (id) ON DELETE CASCADE,
  keep_data INTEGER NOT NULL,                 -- 1: only stop the container
  requested_at INTEGER NOT NULL,
  PRIMARY KEY (session, sandbox)              -- a session that failed on one sandbox may fail on the next too
) STRICT;
CREATE INDEX removals_by_sandbox ON removals (sandbox);
