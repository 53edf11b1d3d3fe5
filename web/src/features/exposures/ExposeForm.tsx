import { type FormEvent, useState } from "react";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Field } from "../../ui/Field";
import { type NewExposure, useExpose } from "./api";
import styles from "./ExposeForm.module.css";

export function ExposeForm({ sessionId }: { sessionId: string }) {
  const [port, setPort] = useState("");
  const [name, setName] = useState("");
  const expose = useExpose(sessionId);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (expose.isPending) return;
    const body: NewExposure = { port: Number(port) };
    if (name !== "") body.name = name;
    expose.mutate(body, {
      onSuccess: () => {
        setPort("");
        setName("");
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
          value={port}
          onChange={(event) => setPort(event.target.value)}
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
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" busy={expose.isPending}>
          Expose port
        </Button>
      </div>
      {expose.isError && <ErrorNotice error={expose.error} />}
    </form>
  );
}
