import { type FormEvent, useState } from "react";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { DialogActions } from "../../ui/DialogActions";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Field } from "../../ui/Field";
import { Stack } from "../../ui/Stack";
import { type ExposedPort, useChangeExposure } from "./api";
import { draftOf, fieldProblems, saidByFields, toBody } from "./draft";
import { ExposureFields } from "./ExposureFields";

interface Props {
  sessionId: string;
  exposed: ExposedPort;
  onClose: () => void;
}

export function ChangeExposure({ sessionId, exposed, onClose }: Props) {
  const [draft, setDraft] = useState(() => draftOf(exposed));
  const change = useChangeExposure(sessionId);
  const problems = fieldProblems(change.error);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (change.isPending) return;
    change.mutate({ before: toBody(draftOf(exposed)), after: toBody(draft) }, { onSuccess: onClose });
  };

  return (
    <Dialog title={`Change port ${exposed.port}`} onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <p>
            The port is taken back and exposed anew: open connections and share links end, and a port number
            that was given to it may be another one.
          </p>
          <Field
            label="Name (optional)"
            name="name"
            autoComplete="off"
            spellCheck={false}
            maxLength={24}
            pattern="[a-z0-9\-]+"
            title="Small letters, digits and dashes"
            value={draft.name}
            onChange={(event) => setDraft({ ...draft, name: event.target.value })}
            problem={problems.name}
          />
          <ExposureFields draft={draft} onChange={setDraft} problems={problems} />
          {change.isError && !saidByFields(change.error) && <ErrorNotice error={change.error} />}
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" look="primary" busy={change.isPending}>
              Take back and expose anew
            </Button>
          </DialogActions>
        </Stack>
      </form>
    </Dialog>
  );
}
