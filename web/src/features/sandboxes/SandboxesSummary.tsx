import { Link } from "wouter";
import { useSandboxes } from "./api";
import { summarise } from "./summary";

export function SandboxesSummary() {
  const { data } = useSandboxes();
  if (!data) return null;
  return <Link href="/sandboxes">{summarise(data)}</Link>;
}
