import { type FormEvent, useState } from "react";
import { toApiError } from "../../lib/problem";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Field } from "../../ui/Field";
import { useInvitations, useInvite, useUninvite } from "./api";
import styles from "./Invitations.module.css";

export function Invitations({ sessionId }: { sessionId: string }) {
  const { data, error } = useInvitations(sessionId);
  const uninvite = useUninvite(sessionId);
  return (
    <Card title="Invited people">
      <p className={styles.hint}>
        Whom you invite opens this session's private ports, logged in as themselves. The session stays yours.
      </p>
      {error && <ErrorNotice error={error} />}
      {data && data.length > 0 && (
        <ul className={styles.list} aria-label="Invited people">
          {data.map(({ user_id: id, name }) => (
            <li key={id} className={styles.row}>
              <span className={styles.name}>{name}</span>
              <Button
                look="quiet"
                aria-label={`Remove ${name}`}
                busy={uninvite.isPending && uninvite.variables === name}
                onClick={() => uninvite.mutate(name)}
              >
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      {uninvite.isError && <ErrorNotice error={uninvite.error} />}
      <InviteForm sessionId={sessionId} />
    </Card>
  );
}

function InviteForm({ sessionId }: { sessionId: string }) {
  const [user, setUser] = useState("");
  const invite = useInvite(sessionId);
  const fields = invite.error ? toApiError(invite.error).fields : [];
  const problem = fields.find(({ field }) => field === "user")?.rule;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!invite.isPending) invite.mutate(user.trim(), { onSuccess: () => setUser("") });
  };

  return (
    <form className={styles.form} aria-label="Invite somebody" onSubmit={submit}>
      <div className={styles.fields}>
        <Field
          label="User's name"
          name="user"
          required
          autoComplete="off"
          spellCheck={false}
          maxLength={63}
          placeholder="bob"
          value={user}
          onChange={(event) => setUser(event.target.value)}
          problem={problem}
        />
        <Button type="submit" busy={invite.isPending}>
          Invite
        </Button>
      </div>
      {invite.isError && !problem && <ErrorNotice error={invite.error} />}
    </form>
  );
}
