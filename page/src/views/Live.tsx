import { useEffect, useRef, useState } from 'preact/hooks';
import { key } from '../api/key';
import type { FeedChange } from '../api/schemas';
import { type Filter, Follower, type Picture } from '../live/Follower';
import { describeType, formatSpan, plural } from '../logic/words';
import { amend, hrefOf, route } from '../route';
import { Empty, Failure, Moment, PlaceName, Text, Value } from '../ui/parts';
import { VirtualRows } from '../ui/VirtualRows';

const types = ['TwinChanged', 'DeviceMoved', 'DeviceCreated', 'DeviceDeleted'].map((name) => `DeviceTwins.${name}`);

const start: Picture = {
  state: 'following',
  changes: [],
  count: 0,
  pauseMs: 0,
  answeredAt: undefined,
  error: undefined,
};

export function Live() {
  const filter = filterOf(route.value.query);
  const [picture, setPicture] = useState(start);
  const follower = useRef<Follower>(undefined);
  const followed = useRef(filter);
  const what = JSON.stringify(filter);
  const keyNow = key.value;
  // Another key begins anew; another filter does not.
  useEffect(() => {
    const made = new Follower(followed.current, setPicture);
    follower.current = made;
    return () => made.stop();
  }, [keyNow]);
  // `what` is the filter by its content.
  useEffect(() => {
    if (what === JSON.stringify(followed.current)) return;
    followed.current = filter;
    follower.current?.follow(filter);
  }, [what]);
  const { state, changes, error } = picture;
  return (
    <>
      <div class="head">
        <h1>Live</h1>
        <div class="actions">
          <State of={picture} />
          {state === 'following' ? (
            <button type="button" onClick={() => follower.current?.pause()}>
              Pause
            </button>
          ) : (
            <button type="button" class="primary" onClick={() => follower.current?.resume()}>
              Go on
            </button>
          )}
          <button type="button" class="quiet" onClick={() => follower.current?.clear()}>
            Clear
          </button>
        </div>
      </div>
      <FilterForm filter={filter} />
      {error && <Failure error={error} isBeside={changes.length > 0} />}
      {changes.length === 0 && !error ? (
        <Empty title={state === 'following' ? 'Waiting for a change' : 'Paused'}>
          <p>Each change of a twin is shown here, usually within seconds; what came before is in a device's history.</p>
        </Empty>
      ) : (
        <VirtualRows
          label="Changes, newest first"
          columns="7.5rem minmax(10rem, 1fr) 5.5rem minmax(12rem, 3fr) minmax(6rem, 1fr)"
          head={['Time', 'Device', 'What', 'Values', 'By']}
          count={changes.length}
          row={(index) => rowOf(changes[index] as FeedChange)}
        />
      )}
    </>
  );
}

function filterOf(query: URLSearchParams): Filter {
  const of = (name: string) => query.get(name) || undefined;
  return { device: of('device'), location: of('location'), path: of('path'), type: of('type') };
}

function State({ of: { state, count, changes, pauseMs } }: { of: Picture }) {
  const said = {
    following: pauseMs > 0 ? `Asking every ${formatSpan(pauseMs / 1000)}` : 'Asking…',
    paused: 'Paused',
    idle: 'Paused: nobody touched this page for 15 minutes',
  }[state];
  const kept = changes.length < count ? `, the last ${changes.length} shown` : '';
  return (
    <span class={`fresh is-${state}`}>
      <span class="dot" aria-hidden="true" /> <span role="status">{said}</span> · {plural(count, 'change')}
      {kept}
    </span>
  );
}

function FilterForm({ filter }: { filter: Filter }) {
  const form = useRef<HTMLFormElement>(null);
  const apply = () => {
    const data = new FormData(form.current ?? undefined);
    const given = Object.fromEntries([...data].map(([name, value]) => [name, String(value).trim()]));
    amend(hrefOf('live', given));
  };
  return (
    <form
      ref={form}
      class="fields"
      aria-label="Filter"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      {(['device', 'location', 'path'] as const).map((name) => (
        <label key={name}>
          {{ device: 'Device', location: 'Location now', path: 'Path, and below it' }[name]}
          <input
            name={name}
            defaultValue={filter[name] ?? ''}
            placeholder={name === 'path' ? 'tags.location' : 'any'}
            autocomplete="off"
            onChange={apply}
          />
        </label>
      ))}
      <label>
        What
        <select name="type" value={filter.type ?? ''} onChange={apply}>
          <option value="">anything</option>
          {types.map((type) => (
            <option key={type} value={type}>
              {describeType(type)}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

function rowOf(change: FeedChange) {
  const { id, time, type, deviceId, moduleId, values = [], by, reason } = change;
  return {
    key: id,
    cells: [
      <Moment key="time" of={time} />,
      <a key="device" href={hrefOf('device', { id: deviceId })}>
        <Text of={moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`} />
      </a>,
      describeType(type),
      type.endsWith('DeviceMoved') ? (
        <>
          <PlaceName of={change.from} /> → <PlaceName of={change.to} />
        </>
      ) : (
        values.map(({ path, after }) => (
          <span class="pair" key={path}>
            <Text of={path} /> <Value of={after} />
          </span>
        ))
      ),
      <span key="by" title={reason}>
        {by && <Text of={by} />}
        {reason && (
          <>
            : <Text of={reason} />
          </>
        )}
      </span>,
    ],
  };
}
