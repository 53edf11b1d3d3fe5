import { useConfig } from "./api";

export function VersionLine() {
  const { data } = useConfig();
  return <p>Helix{data && ` ${data.version}`}</p>;
}
