import { fromText, kindOf } from '../logic/json';
import type { Cell } from './tagRequest';

/** Tags as columns and cells of a CSV: the same rules, whichever way devices are named. */
export function CellFields({ cells, change }: { cells: readonly Cell[]; change(cells: readonly Cell[]): void }) {
  const set = (index: number, part: Partial<Cell>) =>
    change(cells.map((cell, at) => (at === index ? { ...cell, ...part } : cell)));
  return (
    <fieldset>
      <legend>Tags</legend>
      {cells.map((cell, index) => (
        <div class="fields" key={index}>
          <label>
            Name
            <input
              value={cell.name}
              placeholder="plant, or tags.site.floor"
              autocomplete="off"
              onInput={(event) => set(index, { name: event.currentTarget.value })}
            />
          </label>
          <label>
            <span class="label">Value {cell.value !== '' && <small>{kindOf(fromText(cell.value))}</small>}</span>
            <input
              class="code"
              value={cell.value}
              placeholder="Redmond43, 3, null"
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => set(index, { value: event.currentTarget.value })}
            />
          </label>
          {cells.length > 1 && (
            <button type="button" class="quiet" onClick={() => change(cells.filter((_, at) => at !== index))}>
              Remove
            </button>
          )}
        </div>
      ))}
      <button type="button" onClick={() => change([...cells, { name: '', value: '' }])}>
        Another tag
      </button>
      <p class="muted">
        As in a CSV: a bare name stands beside the location, one with dots is a path from <code>tags.</code> on;{' '}
        <code>3</code> and <code>true</code> are no texts, <code>null</code> removes.
      </p>
    </fieldset>
  );
}
