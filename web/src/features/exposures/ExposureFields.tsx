import { Field } from "../../ui/Field";
import { SelectField } from "../../ui/SelectField";
import type { Draft, FieldName, Protocol, Visibility } from "./draft";
import styles from "./ExposureFields.module.css";
import { PROTOCOL, VISIBILITY } from "./words";

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
  problems: Partial<Record<FieldName, string>>;
}

const HOSTS = [
  { value: "original", label: "The URL's own host" },
  { value: "localhost", label: "localhost" },
  { value: "name", label: "Another name" },
] as const;

const visibilities = Object.entries(VISIBILITY).map(([value, { option }]) => ({ value, label: option }));
const protocols = Object.entries(PROTOCOL).map(([value, label]) => ({ value, label }));

/** Everything about an exposure but its port and name. */
export function ExposureFields({ draft, onChange, problems }: Props) {
  const set = (values: Partial<Draft>) => onChange({ ...draft, ...values });
  const tcp = draft.protocol === "tcp";
  return (
    <div className={styles.fields}>
      <SelectField
        label="Who may come"
        options={visibilities}
        value={draft.visibility}
        onChange={(event) => set({ visibility: event.target.value as Visibility })}
        problem={problems.visibility}
      />
      <SelectField
        label="Protocol"
        options={protocols}
        value={draft.protocol}
        onChange={(event) => set({ protocol: event.target.value as Protocol })}
        problem={problems.protocol}
      />
      {!tcp && (
        <SelectField
          label="Host header"
          options={HOSTS}
          value={draft.host}
          onChange={(event) => set({ host: event.target.value as Draft["host"] })}
          problem={draft.host === "name" ? undefined : problems.host_header}
          hint="A development server that refuses the host is content with localhost."
        />
      )}
      {!tcp && draft.host === "name" && (
        <Field
          label="Host header's name"
          name="host_header"
          required
          autoComplete="off"
          spellCheck={false}
          maxLength={255}
          placeholder="app.test"
          value={draft.hostName}
          onChange={(event) => set({ hostName: event.target.value })}
          problem={problems.host_header}
        />
      )}
      <Field
        label="Allowed networks"
        name="allow_cidrs"
        autoComplete="off"
        spellCheck={false}
        placeholder="10.0.0.0/8 192.168.1.7"
        value={draft.networks}
        onChange={(event) => set({ networks: event.target.value })}
        problem={problems.allow_cidrs}
        hint={
          tcp
            ? "TCP has no login: unless public or limited to networks, only this server's own machine gets in."
            : "Empty: from everywhere."
        }
      />
    </div>
  );
}
