import { useId, useState } from "react";
import { Disclosure } from "../../ui/Disclosure";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { type CreatedShareLink, useRevokeShareLink, useRotateShareLink, useShareLinks } from "./api";
import { NewShareLinkForm } from "./NewShareLinkForm";
import { ShareLinkRow } from "./ShareLinkRow";
import styles from "./ShareLinks.module.css";
import { ShownOnce } from "./ShownOnce";

interface Props {
  sessionId: string;
  port: number;
}

export function ShareLinks({ sessionId, port }: Props) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [fresh, setFresh] = useState<CreatedShareLink | null>(null);
  const { data, error } = useShareLinks(sessionId, port, open);
  const rotate = useRotateShareLink(sessionId, port);
  const revoke = useRevokeShareLink(sessionId, port);

  return (
    <>
      <Disclosure
        label="Share links"
        name={`Share links of port ${port}`}
        open={open}
        onToggle={setOpen}
        controls={id}
      />
      {open && (
        <div id={id} className={styles.panel}>
          {error && <ErrorNotice error={error} />}
          {fresh && <ShownOnce link={fresh} onDone={() => setFresh(null)} />}
          {data && data.length > 0 && (
            <ul className={styles.list} aria-label={`Share links of port ${port}`}>
              {data.map((link) => (
                <ShareLinkRow
                  key={link.id}
                  link={link}
                  rotating={rotate.isPending && rotate.variables === link.id}
                  revoking={revoke.isPending && revoke.variables === link.id}
                  onRotate={() => rotate.mutate(link.id, { onSuccess: setFresh })}
                  onRevoke={() =>
                    revoke.mutate(link.id, { onSuccess: () => fresh?.id === link.id && setFresh(null) })
                  }
                />
              ))}
            </ul>
          )}
          {rotate.isError && <ErrorNotice error={rotate.error} />}
          {revoke.isError && <ErrorNotice error={revoke.error} />}
          <NewShareLinkForm sessionId={sessionId} port={port} onCreated={setFresh} />
        </div>
      )}
    </>
  );
}
