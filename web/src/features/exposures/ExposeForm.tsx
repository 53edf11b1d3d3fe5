import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/Button";
import { Disclosure } from "../../ui/Disclosure";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Field } from "../../ui/Field";
import { useExpose } from "./api";
import { emptyDraft, fieldProblems, saidByFields, toBody } from "./draft";
import styles from "./ExposeForm.module.css";
import { ExposureFields } from "./ExposureFields";

export function ExposeForm({ sessionId }: { sessionId: string }) {
  const [draft, setDraft] = useState(emptyDraft());
  const [more, setMore] = useState(false);
  const optionsId = useId();
  const expose = useExpose(sessionId);
  const problems = fieldProblems(expose.error);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (expose.isPending) return;
    expose.mutate(toBody(draft), {
      onSuccess: () => {
        setDraft(emptyDraft());
        setMore(false);
      },
    });
  };

  return (
    <form className={styles.form} aria-label="Expose a port" onSubmit={submit}>
      <div className={styles.fields}>
        <Field
          label="Port"
          name="port"
          type="number"
          inputMode="numeric"
          min={1}
          max={65535}
          required
          placeholder="8000"
          value={draft.port}
          onChange={(event) => setDraft({ ...draft, port: event.target.value })}
          problem={problems.port}
        />
        <Field
          label="Name (optional)"
          name="name"
          autoComplete="off"
          spellCheck={false}
          maxLength={24}
          pattern="[a-z0-9\-]+"
          title="Small letters, digits and dashes"
          placeholder="api"
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.target.value })}
          problem={problems.name}
        />
        <Button type="submit" busy={expose.isPending}>
          Expose port
        </Button>
      </div>
      <Disclosure label="Options" open={more} onToggle={setMore} controls={optionsId} />
      {more && (
        <div id={optionsId}>
          <ExposureFields draft={draft} onChange={setDraft} problems={problems} />
        </div>
      )}
      {expose.isError && !(saidByFields(expose.error) && isSeen(problems, more)) && (
        <ErrorNotice error={expose.error} />
      )}
    </form>
  );
}

/** A rule about a field that is folded away would be seen nowhere. */
function isSeen(problems: object, more: boolean): boolean {
  return more || Object.keys(problems).every((field) => field === "port" || field === "name");
}
