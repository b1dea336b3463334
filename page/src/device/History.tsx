import { useState } from 'preact/hooks';
import { ask } from '../api/client';
import { type DeviceChange, deviceChanges } from '../api/schemas';
import { describeType } from '../logic/words';
import { Undo } from '../tagging/Undo';
import { Empty, Failure, Loading, Moment, Text, Value } from '../ui/parts';
import { usePages } from '../ui/usePages';

const pageSize = 50;

/** What changed, from what to what, by whom and why; newest first. `version` of the twin has it read anew. */
export function History({ deviceId, version, changed }: { deviceId: string; version: number; changed(): void }) {
  const path = `devices/${encodeURIComponent(deviceId)}/changes`;
  const { items, isMore, isLoading, error, readOn } = usePages(
    `${path} ${version}`,
    async (continuation, signal) => {
      const { value } = await ask(deviceChanges, path, { query: { limit: pageSize, continuation }, signal });
      return { items: value.changes, continuation: value.continuation };
    },
    { isAutomatic: true, isSameList: true },
  );
  return (
    <section aria-labelledby="history">
      <div class="head">
        <h2 id="history">History</h2>
        <span class="fresh">as events told, usually within a second</span>
      </div>
      {error && <Failure error={error} retry={() => readOn()} isBeside={items.length > 0} />}
      {isMore === false && items.length === 0 && (
        <Empty title="Nothing was told of this device yet">
          <p>The history begins with the first change that the app hears of.</p>
        </Empty>
      )}
      <ol class="history">
        {items.map((change) => (
          <Change key={change.id ?? `${change.time} ${change.version}`} of={change} path={path} changed={changed} />
        ))}
      </ol>
      {isLoading && <Loading what="the history" />}
      {isMore && !isLoading && (
        <button type="button" onClick={() => readOn()}>
          Older changes
        </button>
      )}
    </section>
  );
}

function Change({ of, path, changed }: { of: DeviceChange; path: string; changed(): void }) {
  const [isUndoing, setUndoing] = useState(false);
  const { id, time, type, version, values, by, reason, coalesced, truncated } = of;
  const isOfTags = values.some((value) => value.path.startsWith('tags.'));
  return (
    <li>
      <div class="head">
        <span>
          <Moment of={time} /> <b>{describeType(type)}</b>
          {version !== undefined && <span class="muted"> to version {version}</span>}
          {by !== undefined && (
            <>
              {' '}
              by <Text of={by} />
            </>
          )}
          {reason !== undefined && (
            <q>
              <Text of={reason} />
            </q>
          )}
        </span>
        {id !== undefined && isOfTags && (
          <button type="button" class="quiet" aria-expanded={isUndoing} onClick={() => setUndoing(!isUndoing)}>
            Undo…
          </button>
        )}
      </div>
      <ul>
        {values.map((value) => (
          <li key={value.path}>
            <Text of={value.path} />:{' '}
            {value.before === undefined ? <i class="muted">not known</i> : <Value of={value.before} />}{' '}
            <span aria-hidden="true">→</span>
            <span class="hidden">became</span> <Value of={value.after} />
          </li>
        ))}
      </ul>
      {coalesced && <p class="muted">Several changes, which the hub told as one.</p>}
      {truncated && <p class="muted">Not every value was told: the notification was too large.</p>}
      {isUndoing && <Undo path={`${path}/${id}/undo`} done={changed} />}
    </li>
  );
}
