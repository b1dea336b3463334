import { useId, useState } from 'preact/hooks';
import { needsValue, operators, type Term, toWords } from '../logic/filterWords';

const blank: Term = { path: '', op: '=', value: '' };

const paths = [
  'location',
  'connectivity',
  'deviceId',
  'connectionState',
  'status',
  'lastActivityTime',
  'tags.',
  'properties.reported.',
  'properties.desired.',
];

/** A condition in the filter language: typed, or put together by clicking and then typed on. */
export function ConditionField({ words, change }: { words: string; change(words: string): void }) {
  const [terms, setTerms] = useState<readonly Term[]>([blank]);
  const [id, hint, list] = [useId(), useId(), useId()];
  const amend = (next: readonly Term[]) => {
    setTerms(next);
    change(toWords(next));
  };
  const set = (index: number, part: Partial<Term>) =>
    amend(terms.map((term, at) => (at === index ? { ...term, ...part } : term)));
  return (
    <div class="condition">
      <label for={id}>Condition</label>
      <textarea
        id={id}
        class="code"
        rows={2}
        value={words}
        spellcheck={false}
        aria-describedby={hint}
        placeholder="location = Redmond43 and tags.floor >= 2 and not is_defined(tags.site)"
        onInput={(event) => change(event.currentTarget.value)}
      />
      <p id={hint} class="muted">
        In words: <code>=</code> <code>!=</code> <code>&lt;</code> <code>in ("a", "b")</code>{' '}
        <code>startswith(deviceId, "sim-")</code> <code>is_defined(tags.floor)</code>, joined by <code>and</code>{' '}
        <code>or</code> <code>not</code>; times as <code>now-1d</code>. Empty: the whole fleet.
      </p>
      <details>
        <summary>Build it by clicking</summary>
        <datalist id={list}>
          {paths.map((path) => (
            <option key={path} value={path} />
          ))}
        </datalist>
        {terms.map((term, index) => (
          <div class="fields term" key={index}>
            <label>
              Property
              <input
                list={list}
                value={term.path}
                autocomplete="off"
                onInput={(event) => set(index, { path: event.currentTarget.value })}
              />
            </label>
            <label>
              Comparison
              <select value={term.op} onChange={(event) => set(index, { op: event.currentTarget.value as Term['op'] })}>
                {operators.map(([op, title]) => (
                  <option key={op} value={op}>
                    {title}
                  </option>
                ))}
              </select>
            </label>
            {needsValue(term.op) && (
              <label>
                Value
                <input
                  value={term.value}
                  autocomplete="off"
                  onInput={(event) => set(index, { value: event.currentTarget.value })}
                />
              </label>
            )}
            <button type="button" class="quiet" onClick={() => amend(terms.filter((_, at) => at !== index))}>
              Remove
            </button>
          </div>
        ))}
        <button type="button" onClick={() => setTerms([...terms, blank])}>
          And also…
        </button>
      </details>
    </div>
  );
}
