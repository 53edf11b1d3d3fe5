import type { Tone } from "../../ui/Badge";
import type { ListeningPort } from "./api";
import type { Protocol, Visibility } from "./draft";

export const VISIBILITY: Record<Visibility, { word: string; tone: Tone; option: string }> = {
  private: { word: "Private", tone: "idle", option: "Private: by invitation" },
  authenticated: { word: "Any user", tone: "good", option: "Any user of this Helix" },
  public: { word: "Public", tone: "busy", option: "Public: no login" },
};

export const PROTOCOL: Record<Protocol, string> = {
  http: "Web (HTTP)",
  h2c: "HTTP/2 without TLS (gRPC)",
  tcp: "TCP, any protocol",
};

/** What kind of way in a URL is, in one word. */
export function kindOf(url: string): "tcp" | "path" | "host" | "port" {
  if (url.startsWith("tcp:")) return "tcp";
  if (url.includes("/api/v1/sessions/")) return "path";
  return /^https?:\/\/[^/]*ses-/i.test(url) ? "host" : "port";
}

/** "node on 127.0.0.1", "container web on every address". */
export function describeListener({ process, address }: Pick<ListeningPort, "process" | "address">): string {
  const every = address === "0.0.0.0" || address === "::";
  return `${process === "" ? "something" : process} on ${every ? "every address" : address}`;
}
