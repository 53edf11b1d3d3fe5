import { type FormEvent, useState } from "react";
import { toApiError } from "../../lib/problem";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Field } from "../../ui/Field";
import { SelectField } from "../../ui/SelectField";
import { type CreatedShareLink, type NewShareLink, useCreateShareLink } from "./api";
import styles from "./ShareLinks.module.css";

interface Props {
  sessionId: string;
  port: number;
  onCreated: (link: CreatedShareLink) => void;
}

const HOUR = 3600;
const EXPIRIES = [
  { value: String(HOUR), label: "In 1 hour" },
  { value: String(24 * HOUR), label: "In 1 day" },
  { value: String(7 * 24 * HOUR), label: "In 7 days" },
  { value: "", label: "Never" },
] as const;

/** A link that somebody forgets should not stay open for ever. Chosen. */
const DEFAULT_EXPIRY = EXPIRIES[1].value;

export function NewShareLinkForm({ sessionId, port, onCreated }: Props) {
  const [label, setLabel] = useState("");
  const [expiry, setExpiry] = useState<string>(DEFAULT_EXPIRY);
  const create = useCreateShareLink(sessionId, port);
  const problem = create.error
    ? toApiError(create.error).fields.find(({ field }) => field === "label")?.rule
    : undefined;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    const body: NewShareLink = {};
    if (label.trim() !== "") body.label = label.trim();
    if (expiry !== "") body.expires_in_seconds = Number(expiry);
    create.mutate(body, {
      onSuccess: (link) => {
        setLabel("");
        onCreated(link);
      },
    });
  };

  return (
    <form className={styles.form} aria-label={`Create a share link to port ${port}`} onSubmit={submit}>
      <div className={styles.fields}>
        <Field
          label="Label (optional)"
          name="label"
          autoComplete="off"
          maxLength={64}
          placeholder="review"
          value={label}
          onChange={(event) => setLabel(event.target.value)}
          problem={problem}
        />
        <SelectField
          label="Expires"
          options={EXPIRIES}
          value={expiry}
          onChange={(event) => setExpiry(event.target.value)}
        />
        <Button type="submit" busy={create.isPending}>
          Create link
        </Button>
      </div>
      {create.isError && !problem && <ErrorNotice error={create.error} />}
    </form>
  );
}
