import { vi } from "vitest";
import type { components } from "../lib/schema";
import { json, problem } from "./answers";

type Schemas = components["schemas"];
type Session = Schemas["Session"];
type Sandbox = Schemas["Sandbox"];
type ExposedPort = Schemas["ExposedPort"];
type ShareLink = Schemas["ShareLink"];

export const ID = "ses_01kftccz3g3n9hfdv42ma1dwjn";
export const KEY = "hl-right";

export function makeSession(values: Partial<Session> = {}): Session {
  return {
    id: ID,
    name: "hello",
    owner: "usr_1",
    state: "running",
    status_message: "ready",
    sandbox_id: "local",
    image: "helix-headless:latest",
    container_type: "headless",
    container_name: "headless-external-01kftccz3g3n9hfdv42ma1dwjn",
    created_at: "2026-01-25T12:00:00Z",
    updated_at: "2026-01-25T12:00:05Z",
    started_at: "2026-01-25T12:00:05Z",
    vcpus: 0,
    memory_mb: 0,
    docker_version: "28.1.0",
    exposed_ports: [],
    ...values,
  };
}

export function makeSandbox(values: Partial<Sandbox> = {}): Sandbox {
  return {
    id: "local",
    state: "online",
    version: "0.1.0",
    sessions: 1,
    max_sessions: 8,
    images: ["helix-headless:latest"],
    disk: { total_bytes: 80e9, free_bytes: 41e9 },
    docker_version: "28.1.0",
    last_seen_at: "2026-01-25T12:00:00Z",
    depth: 1,
    ...values,
  };
}

export function makeExposure(values: Partial<ExposedPort> = {}): ExposedPort {
  const url = `http://helix.test/api/v1/sessions/${ID}/proxy/8000/`;
  return { port: 8000, protocol: "http", url, urls: [url], status: "active", ...values };
}

export function makeLink(values: Partial<ShareLink> = {}): ShareLink {
  const id = "shl_01kftccz3g3n9hfdv42ma1dwjn";
  return { id, port: 8000, label: "", created_at: "2026-01-25T12:00:00Z", expires_at: null, ...values };
}

/** A control plane in memory, as far as the UI asks for it. Tests set its fields and read `calls`. */
export class FakeApi {
  me: Schemas["Me"] | null = { id: "usr_1", name: "ada", role: "admin" };
  sessions: Session[] = [];
  sandboxes: Sandbox[] = [makeSandbox()];
  exposures: ExposedPort[] = [];
  /** What listens; null: the session's bridge is away. */
  listening: Schemas["ListeningPort"][] | null = [];
  links: ShareLink[] = [];
  invited: Schemas["Invitation"][] = [];
  images = ["helix-headless:latest"];
  /** "METHOD /path body", in order, without the GETs. */
  calls: string[] = [];
  private refusals = new Map<string, Response | "silence">();

  constructor() {
    vi.stubGlobal("fetch", (request: Request) => this.answer(request));
  }

  /** The next request of that method and path gets this problem. */
  refuse(
    method: string,
    path: string,
    status: number,
    problem: Partial<Schemas["Problem"]> & { title: string },
  ) {
    const body = JSON.stringify({ type: "about:blank", status, code: "conflict", ...problem });
    const headers = { "content-type": "application/problem+json" };
    this.refusals.set(`${method} ${path}`, new Response(body, { status, headers }));
  }

  /** The next request of that method and path gets no answer at all. */
  silence(method: string, path: string) {
    this.refusals.set(`${method} ${path}`, "silence");
  }

  private async answer(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname.replace("/api/v1", "");
    const key = `${request.method} ${path}`;
    const text = await request.text();
    if (request.method !== "GET") this.calls.push(text ? `${key} ${text}` : key);

    const refusal = this.refusals.get(key);
    this.refusals.delete(key);
    if (refusal === "silence") throw new TypeError("Failed to fetch");
    if (refusal) return refusal;
    return this.route(key, text);
  }

  private route(key: string, text: string): Response {
    if (key === "POST /auth/session") {
      if (JSON.parse(text).api_key !== KEY) return problem(401, "Not a valid key");
      this.me = { id: "usr_1", name: "ada", role: "admin" };
      return json(200, this.me);
    }
    if (key === "DELETE /auth/session") {
      this.me = null;
      return json(204);
    }
    if (this.me === null) return problem(401, "Not logged in");
    if (key === "GET /users/me") return json(200, this.me);
    if (key === "GET /config") {
      return json(200, { version: "0.1.0", images: this.images, default_image: "helix-headless:latest" });
    }
    if (key === "GET /sandboxes") return json(200, { sandboxes: this.sandboxes });
    if (key === "GET /sessions") return json(200, { sessions: this.sessions });
    if (key === "POST /sessions") return this.create(JSON.parse(text));
    return this.routeSession(key, text);
  }

  private create(body: Schemas["NewSession"]): Response {
    const session = makeSession({ state: "starting", status_message: "creating the container", ...body });
    this.sessions = [...this.sessions, session];
    return json(201, session);
  }

  private routeSession(key: string, text: string): Response {
    const [method, path = ""] = key.split(" ");
    const [, , id, what, item, below, link, rotate] = path.split("/");
    const session = this.sessions.find((known) => known.id === id);
    if (!session) return problem(404, "No such session");
    if (below === "share-links") return this.routeLinks(method ?? "", link, rotate !== undefined, text);
    switch (`${method} ${what ?? ""}`) {
      case "GET ":
        return json(200, session);
      case "DELETE ":
        this.sessions = this.sessions.filter((known) => known !== session);
        return json(204);
      case "POST stop":
        session.state = "stopping";
        return json(202, session);
      case "POST start":
        session.state = "starting";
        return json(202, session);
      case "GET expose":
        return json(200, { session_id: id, exposed_ports: this.exposures });
      case "POST expose":
        this.exposures = [...this.exposures, makeExposure(JSON.parse(text))];
        return json(201, {});
      case "DELETE expose":
        this.exposures = this.exposures.filter((exposed) => exposed.port !== Number(item));
        return json(204);
      case "GET ports":
        return this.listening
          ? json(200, { session_id: id, ports: this.listening })
          : problem(503, "The session is away");
      case "GET invitations":
        return json(200, { invitations: this.invited });
      case "POST invitations":
        this.invited = [...this.invited, { user_id: "usr_2", name: JSON.parse(text).user }];
        return json(201, {});
      case "DELETE invitations":
        this.invited = this.invited.filter(({ name }) => name !== item);
        return json(204);
    }
    return problem(404, `No route ${key}`);
  }

  private routeLinks(method: string, id: string | undefined, rotate: boolean, text: string): Response {
    if (method === "GET") return json(200, { share_links: this.links });
    if (method === "DELETE") {
      this.links = this.links.filter((link) => link.id !== id);
      return json(204);
    }
    if (rotate) return json(200, withUrl(makeLink(), "http://app.test/.helix/share/hs1-second"));
    const link = makeLink(JSON.parse(text));
    this.links = [...this.links, link];
    return json(201, withUrl(link, "http://app.test/.helix/share/hs1-first"));
  }
}

function withUrl(link: ShareLink, url: string): Schemas["CreatedShareLink"] {
  return { ...link, url, urls: [url] };
}
