import { toApiError } from "../../lib/problem";
import type { ExposedPort, NewExposure } from "./api";

export type Visibility = NonNullable<NewExposure["visibility"]>;
export type Protocol = NonNullable<NewExposure["protocol"]>;

/** An exposure as a person fills it in. */
export interface Draft {
  port: string;
  name: string;
  visibility: Visibility;
  protocol: Protocol;
  /** "original", "localhost", or "name" with the name in hostName. */
  host: "original" | "localhost" | "name";
  hostName: string;
  /** Networks, separated by spaces, commas or lines; none: from everywhere. */
  networks: string;
}

export const emptyDraft = (port = ""): Draft => ({
  port,
  name: "",
  visibility: "private",
  protocol: "http",
  host: "original",
  hostName: "",
  networks: "",
});

export function draftOf(exposed: ExposedPort): Draft {
  const header = exposed.host_header ?? "original";
  const named = header !== "original" && header !== "localhost";
  return {
    port: String(exposed.port),
    name: exposed.name ?? "",
    visibility: exposed.visibility ?? "private",
    protocol: exposed.protocol,
    host: named ? "name" : header,
    hostName: named ? header : "",
    networks: (exposed.allow_cidrs ?? []).join(" "),
  };
}

/** What the API takes; what has its default is left out. */
export function toBody(draft: Draft): NewExposure {
  const body: NewExposure = { port: Number(draft.port) };
  if (draft.name !== "") body.name = draft.name;
  if (draft.visibility !== "private") body.visibility = draft.visibility;
  if (draft.protocol !== "http") body.protocol = draft.protocol;
  const header = draft.host === "name" ? draft.hostName.trim() : draft.host;
  if (draft.protocol !== "tcp" && header !== "original") body.host_header = header;
  const networks = draft.networks.split(/[\s,]+/).filter(Boolean);
  if (networks.length > 0) body.allow_cidrs = networks;
  return body;
}

const FIELDS = ["port", "name", "visibility", "protocol", "host_header", "allow_cidrs"] as const;
export type FieldName = (typeof FIELDS)[number];

/** "allow_cidrs[2]" and "allow_cidrs.2" are about allow_cidrs. */
const base = (field: string) => field.split(/[.[]/)[0] ?? "";

/** The rule that each field broke, by the field. */
export function fieldProblems(error: unknown): Partial<Record<FieldName, string>> {
  if (!error) return {};
  const problems: Partial<Record<FieldName, string>> = {};
  for (const { field, rule } of toApiError(error).fields) {
    const name = FIELDS.find((known) => known === base(field));
    if (name) problems[name] ??= `${rule.charAt(0).toUpperCase()}${rule.slice(1)}`;
  }
  return problems;
}

/** Whether the fields alone say all that is wrong. */
export function saidByFields(error: unknown): boolean {
  const { fields } = toApiError(error);
  return fields.length > 0 && fields.every(({ field }) => FIELDS.some((known) => known === base(field)));
}
