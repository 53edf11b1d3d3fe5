import { type FormEvent, useState } from "react";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Field } from "../../ui/Field";
import { useLogIn } from "./api";
import styles from "./LoginForm.module.css";

export function LoginForm() {
  const [key, setKey] = useState("");
  const logIn = useLogIn();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A key that was copied from a terminal often brings a line end along.
    if (!logIn.isPending) logIn.mutate(key.trim());
  };

  return (
    <form className={styles.form} onSubmit={submit}>
      <Field
        label="API key"
        type="password"
        name="api_key"
        autoComplete="current-password"
        placeholder="hl-…"
        required
        spellCheck={false}
        value={key}
        onChange={(event) => setKey(event.target.value)}
        hint={
          <>
            <code>./stack start</code> printed it; <code>./stack status</code> says where it is kept.
          </>
        }
      />
      {logIn.isError && <ErrorNotice error={logIn.error} />}
      <Button type="submit" look="primary" busy={logIn.isPending}>
        {logIn.isPending ? "Logging in…" : "Log in"}
      </Button>
    </form>
  );
}
