import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { DialogActions } from "../../ui/DialogActions";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { type Session, useDeleteSession } from "./api";
import styles from "./DeleteSession.module.css";

interface Props {
  session: Session;
  onClose: () => void;
  onDeleted?: (() => void) | undefined;
}

export function DeleteSession({ session, onClose, onDeleted }: Props) {
  const remove = useDeleteSession();
  const confirm = () =>
    remove.mutate(session.id, {
      onSuccess: () => {
        onClose();
        onDeleted?.();
      },
    });

  return (
    <Dialog title={`Delete ${session.name}?`} onClose={onClose}>
      <div className={styles.body}>
        <p>
          Its containers and images, everything in <code>/workspace</code> and its URLs are removed. This
          cannot be undone.
          {session.state === "running" && " To keep them for later, stop it instead."}
        </p>
        {remove.isError && <ErrorNotice error={remove.error} />}
        <DialogActions>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={remove.isPending} onClick={confirm}>
            Delete session
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
}
