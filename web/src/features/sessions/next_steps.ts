import type { Session } from "./api";

export interface Step {
  says: string;
  line: string;
}

/** The commands that a person is likely to want now, for this session in this state, ready to paste. */
export function nextSteps(session: Pick<Session, "name" | "state">): Step[] {
  const { name, state } = session;
  switch (state) {
    case "running":
      return [
        { says: "Open a shell in it", line: `helix exec -t ${name} -- bash` },
        { says: "Serve a page from a container in its own Docker", line: serveAPage(name) },
        { says: "Make that page reachable", line: `helix expose ${name} 8000` },
        { says: "Read what it logs", line: `helix logs --follow ${name}` },
      ];
    case "starting":
    case "stopping":
      return [
        { says: "Wait until it is done", line: `helix session show --wait ${name}` },
        { says: "Read what it logs", line: `helix logs --follow ${name}` },
      ];
    case "stopped":
      return [
        { says: "Start it again, with all it held", line: `helix session start ${name}` },
        { says: "Remove it for good", line: `helix session delete ${name}` },
      ];
    case "failed":
      return [
        { says: "Read what it logged", line: `helix logs ${name}` },
        { says: "Try again", line: `helix session start ${name}` },
        { says: "Remove it", line: `helix session delete ${name}` },
      ];
  }
}

/** The image comes from the sandbox's own registry, so that this works without the internet. */
function serveAPage(name: string): string {
  const server = "echo Hello >index.html; busybox httpd -f -p 80";
  return `helix exec ${name} -- docker run -d -p 8000:80 helix/base:13 sh -c "${server}"`;
}
