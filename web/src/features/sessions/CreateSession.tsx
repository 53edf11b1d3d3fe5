import { type FormEvent, useState } from "react";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { DialogActions } from "../../ui/DialogActions";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Field } from "../../ui/Field";
import { SelectField } from "../../ui/SelectField";
import { type NewSession, type Session, useCreateSession } from "./api";
import styles from "./CreateSession.module.css";
import { imageChoice } from "./image_choice";

interface Props {
  images: readonly string[];
  defaultImage: string;
  onClose: () => void;
  onCreated: (session: Session) => void;
}

export function CreateSession({ images, defaultImage, onClose, onCreated }: Props) {
  const [name, setName] = useState("");
  const [image, setImage] = useState("");
  const create = useCreateSession();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    const body: NewSession = {};
    if (name !== "") body.name = name;
    if (image !== "") body.image = image;
    create.mutate(body, { onSuccess: onCreated });
  };

  // No value leaves the choice to the server, whose default may have changed since.
  const options = imageChoice(images, defaultImage).map((candidate) =>
    candidate === defaultImage
      ? { value: "", label: `${candidate} (default)` }
      : { value: candidate, label: candidate },
  );

  return (
    <Dialog title="New session" onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <Field
          label="Name"
          name="name"
          autoComplete="off"
          placeholder="hello"
          spellCheck={false}
          maxLength={63}
          pattern="[a-z0-9\-]+"
          title="Small letters, digits and dashes"
          hint="Optional. Small letters, digits and dashes."
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        {options.length > 1 && (
          <SelectField
            label="Image"
            options={options}
            value={image}
            onChange={(event) => setImage(event.target.value)}
          />
        )}
        {create.isError && <ErrorNotice error={create.error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending}>
            {create.isPending ? "Creating…" : "Create session"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
