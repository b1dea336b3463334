interface Props {
  label: string;
  value: string;
  change(value: string): void;
  isWide?: boolean;
}

/** Why somebody writes, which is kept with what is written. */
export function ReasonField({ label, value, change, isWide = false }: Props) {
  return (
    <label class={isWide ? 'is-wide' : undefined}>
      {label}
      <input value={value} maxLength={200} autocomplete="off" onInput={(event) => change(event.currentTarget.value)} />
    </label>
  );
}
