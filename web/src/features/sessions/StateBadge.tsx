import { Badge, type Tone } from "../../ui/Badge";
import type { Session } from "./api";

const TONES: Record<Session["state"], Tone> = {
  starting: "busy",
  running: "good",
  stopping: "busy",
  stopped: "idle",
  failed: "bad",
};

export function StateBadge({ state }: { state: Session["state"] }) {
  return <Badge tone={TONES[state]}>{state}</Badge>;
}
