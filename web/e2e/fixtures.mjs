// Answers of a control plane with something of everything, for pages.mjs.
const minutesAgo = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
const proxy = (id, port) => `http://localhost:8080/api/v1/sessions/${id}/proxy/${port}/`;
const IDS = [
  "01kftccz3g3n9hfdv42ma1dwjn",
  "01kftf048shs1ca1wnfwy9msb7",
  "01kfv6tknn75g5vs5vh915byas",
  "01kfvb3nvngg6rew58hg3qdxwc",
].map((ulid) => `ses_${ulid}`);

function exposed(id, port, values = {}) {
  const label = id.replace("ses_", "ses-");
  const host = values.name ? `${values.name}-${label}` : `${label}-${port}`;
  const urls = [`http://${host}.localhost:8080/`, `http://localhost:${22000 + port}/`, proxy(id, port)];
  return { port, protocol: "http", url: urls[0], urls, status: "active", ...values };
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
    exposed_ports: [
      exposed(IDS[1], 5173, { name: "frontend", visibility: "authenticated", host_header: "localhost" }),
      exposed(IDS[1], 5432, {
        protocol: "tcp",
        url: "tcp://localhost:30002",
        urls: ["tcp://localhost:30002"],
        visibility: "public",
        allow_cidrs: ["10.0.0.0/8", "2001:db8::/32"],
      }),
      exposed(IDS[1], 8000),
    ],
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

const listening = [
  { port: 3000, address: "127.0.0.1", process: "node" },
  { port: 5173, address: "::1", process: "node" },
  { port: 5432, address: "0.0.0.0", process: "container database" },
  { port: 8888, address: "0.0.0.0", process: "jupyter-notebook" },
].map((each) => ({ ...each, exposed: false, urls: [] }));
const shareLinks = [
  { label: "review of 442", expires_at: new Date(Date.now() + 20 * 3_600_000).toISOString() },
  { label: "", expires_at: null },
].map((each, number) => ({
  id: `shl_01kftccz3g3n9hfdv42ma1dwj${number}`,
  port: 5173,
  created_at: minutesAgo(12 + 300 * number),
  ...each,
}));
const invitations = ["bob", "grace-hopper"].map((name) => ({ user_id: `usr_${name}`, name }));

const me = { id: "usr_1", name: "ada", role: "admin" };
const config = {
  version: "0.1.0",
  dev_subdomain: "localhost",
  images: ["helix-headless:latest", "helix-headless:2026-01-20"],
  default_image: "helix-headless:latest",
  limits: {},
};

/** [status, body] for a request to that path below /api/v1. */
export function answer(method, path, { loggedIn, empty }) {
  if (method === "POST" && path.endsWith("/rotate")) {
    const url = `http://frontend-${IDS[1].replace("_", "-")}.localhost:8080/.helix/share/hs1-${"x".repeat(43)}`;
    return [200, { ...shareLinks[0], url, urls: [url] }];
  }
  if (method === "POST") {
    const errors = [{ field: "allow_cidrs[0]", rule: "must be a network such as 10.0.0.0/8" }];
    return [
      422,
      { type: "about:blank", title: "Invalid value", status: 422, code: "invalid_argument", errors },
    ];
  }
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
  if (path.endsWith("/share-links")) return [200, { share_links: shareLinks }];
  switch (what) {
    case "expose":
      return [200, { session_id: id, exposed_ports: found.exposed_ports }];
    case "ports":
      return [200, { session_id: id, ports: listening }];
    case "invitations":
      return [200, { invitations: found.state === "running" ? invitations : [] }];
    default:
      return [200, found];
  }
}
