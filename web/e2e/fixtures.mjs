// Answers of a control plane with something of everything, for pages.mjs.
const minutesAgo = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
const proxy = (id, port) => `http://localhost:8080/api/v1/sessions/${id}/proxy/${port}/`;
const IDS = [
  "01kftccz3g3n9hfdv42ma1dwjn",
  "01kftf048shs1ca1wnfwy9msb7",
  "01kfv6tknn75g5vs5vh915byas",
  "01kfvb3nvngg6rew58hg3qdxwc",
].map((ulid) => `ses_${ulid}`);

function exposed(id, port, name) {
  return {
    port,
    protocol: "http",
    ...(name && { name }),
    url: proxy(id, port),
    urls: [proxy(id, port)],
    status: "active",
  };
}

function session(number, values) {
  const id = IDS[number];
  return {
    id,
    owner: "usr_1",
    sandbox_id: "local",
    image: "helix-headless:latest",
    container_type: "headless",
    container_name: id.replace("ses_", "headless-external-"),
    created_at: minutesAgo(3 + number * 55),
    updated_at: minutesAgo(1),
    started_at: null,
    vcpus: 0,
    memory_mb: 0,
    docker_version: null,
    exposed_ports: [],
    ...values,
  };
}

export const sessions = [
  session(0, { name: "review-442", state: "starting", status_message: "waiting for its Docker to answer" }),
  session(1, {
    name: "hello",
    state: "running",
    status_message: "running",
    vcpus: 2,
    memory_mb: 4096,
    started_at: minutesAgo(57),
    docker_version: "28.1.0",
    exposed_ports: [exposed(IDS[1], 8000), exposed(IDS[1], 5173, "frontend")],
  }),
  session(2, {
    name: "nightly-index",
    state: "stopped",
    status_message: "stopped",
    started_at: minutesAgo(400),
  }),
  session(3, {
    name: "gpu-trial",
    state: "failed",
    sandbox_id: null,
    image: "helix-ubuntu:6ba9a8",
    status_message: "no sandbox has the image helix-ubuntu:6ba9a8",
  }),
];

export const sandboxes = [
  {
    id: "local",
    state: "online",
    version: "0.1.0",
    sessions: 3,
    max_sessions: 8,
    images: ["helix-headless:latest"],
    disk: { total_bytes: 80e9, free_bytes: 41e9 },
    docker_version: "28.1.0",
    last_seen_at: minutesAgo(0),
    depth: 1,
  },
  {
    id: "attic",
    state: "draining",
    version: "0.1.0",
    sessions: 2,
    max_sessions: 4,
    images: ["helix-headless:latest", "helix-headless:2026-01-20"],
    disk: { total_bytes: 500e9, free_bytes: 38e9 },
    docker_version: "28.1.0",
    last_seen_at: minutesAgo(1),
    depth: 1,
  },
  {
    id: "spare",
    state: "offline",
    version: "0.0.9",
    sessions: 0,
    max_sessions: 4,
    images: [],
    disk: { total_bytes: 120e9, free_bytes: 100e9 },
    docker_version: "",
    last_seen_at: minutesAgo(60 * 50),
    depth: 3,
  },
];

const me = { id: "usr_1", name: "ada", role: "admin" };
const config = {
  version: "0.1.0",
  dev_subdomain: "localhost",
  images: ["helix-headless:latest", "helix-headless:2026-01-20"],
  default_image: "helix-headless:latest",
  limits: {},
};

/** [status, body] for a GET of that path below /api/v1. */
export function answer(path, { loggedIn, empty }) {
  if (path === "/config") return [200, config];
  if (!loggedIn)
    return [401, { type: "about:blank", title: "Not logged in", status: 401, code: "unauthenticated" }];
  if (path === "/users/me") return [200, me];
  if (path === "/sandboxes") return [200, { sandboxes: empty ? [] : sandboxes }];
  if (path === "/sessions") return [200, { sessions: empty ? [] : sessions }];
  const [, , id, what] = path.split("/");
  const found = sessions.find((known) => known.id === id);
  if (!found || empty)
    return [404, { type: "about:blank", title: "No such session", status: 404, code: "not_found" }];
  return [200, what === "expose" ? { session_id: id, exposed_ports: found.exposed_ports } : found];
}
