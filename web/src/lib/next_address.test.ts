import { describe, expect, it } from "vitest";
import { appOf, readNext } from "./next_address";

const ORIGIN = "http://helix.test";
const next = (value: string) => readNext(`?next=${encodeURIComponent(value)}`, ORIGIN);

describe("readNext", () => {
  it("takes a page of this UI", () => {
    expect(next("/sessions/ses_1?x=1#y")).toEqual({ to: "/sessions/ses_1?x=1#y", leaves: false });
    expect(next("/")).toEqual({ to: "/", leaves: false });
  });

  it("leaves for the gateway's authorisation, with its query as it came", () => {
    const query = "?to=http%3A%2F%2Fweb-ses-1.localhost%3A8080%2Fa%3Fb%3D1&state=0123";
    expect(next(`/api/v1/gateway/authorize${query}`)).toEqual({
      to: `${ORIGIN}/api/v1/gateway/authorize${query}`,
      leaves: true,
    });
  });

  it("leaves for a session's port by path", () => {
    const path = "/api/v1/sessions/ses_01kftccz3g3n9hfdv42ma1dwjn/proxy/3000/a?b=1";
    expect(next(path)).toEqual({ to: ORIGIN + path, leaves: true });
  });

  it.each([
    "/api/v1/sessions/ses_01kftccz3g3n9hfdv42ma1dwjn/proxy/3000/../../../../auth/session",
    "/api/v1/sessions/ses_01kftccz3g3n9hfdv42ma1dwjn/proxy/x/",
    "/api/v1/sessions/ses_01kftccz3g3n9hfdv42ma1dwjn/expose",
    "//evil.test/",
    "///evil.test/",
    "/\\evil.test/",
    "\\\\evil.test/",
    "/\t/evil.test/",
    "/\n/evil.test/",
    "/.//evil.test/",
    "/a/..//evil.test/",
    "/%2e//evil.test/",
    "https://evil.test/",
    "http://helix.test.evil.test/",
    "http:/sessions",
    "javascript:alert(1)",
    " /sessions",
    "sessions",
    "",
    "/api/v1/sessions",
    "/api/v1/gateway/authorize/",
    "/api/v1/gateway/../auth/session",
    "/api/v1/gateway/authorize/../../sessions",
    "/x/../api/v1/sessions",
    "/api",
    "/login?next=/",
    "/login",
  ])("takes no %j", (value) => {
    expect(next(value)).toBeNull();
  });

  it("is nothing where nothing is asked for", () => {
    expect(readNext("", ORIGIN)).toBeNull();
  });
});

describe("appOf", () => {
  it("tells the host of the app", () => {
    const to = encodeURIComponent("http://web-ses-1.localhost:8080/a");
    expect(appOf(next(`/api/v1/gateway/authorize?to=${to}`), ORIGIN)).toBe("web-ses-1.localhost:8080");
  });

  it("tells nothing for anything else", () => {
    expect(appOf(null, ORIGIN)).toBe("");
    expect(appOf(next("/sessions?to=http%3A%2F%2Fx.test"), ORIGIN)).toBe("");
    expect(appOf(next("/api/v1/gateway/authorize?to=javascript%3Aalert(1)"), ORIGIN)).toBe("");
    expect(appOf(next("/api/v1/gateway/authorize"), ORIGIN)).toBe("");
  });
});
