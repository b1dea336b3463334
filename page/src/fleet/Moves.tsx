import { useState } from 'preact/hooks';
import { ApiError } from '../api/apiError';
import type { FeedChange } from '../api/schemas';
import { plural } from '../logic/words';
import { hrefOf } from '../route';
import { Empty, Failure, Loading, Moment, Name, PlaceName, Text } from '../ui/parts';
import { useLoaded } from '../ui/useLoaded';
import { readMovements, tallyOf } from './movements';

const mostShown = 100;

/** Who joined a place or left one since yesterday, as the feed has it. */
export function Moves() {
  const first = useLoaded('moves', (signal) => readMovements(undefined, signal));
  const [more, setMore] = useState<{ moves: FeedChange[]; next: string | undefined; error?: ApiError }>();
  const { value, error, reload } = first;
  const next = more ? more.next : value?.next;
  const moves = [...(more?.moves ?? []), ...(value?.moves ?? [])];
  const readOn = () =>
    readMovements(next, new AbortController().signal).then(
      (read) => setMore({ moves: [...read.moves, ...(more?.moves ?? [])], next: read.next }),
      (thrown: unknown) => {
        if (thrown instanceof ApiError) setMore({ moves: more?.moves ?? [], next, error: thrown });
      },
    );
  return (
    <section class="moved" aria-labelledby="moves">
      <div class="head">
        <h2 id="moves">Joined or left since yesterday</h2>
        {value && <span class="fresh">{plural(moves.length, 'move')}, as the feed has them</span>}
      </div>
      {error && <Failure error={error} retry={reload} />}
      {more?.error && <Failure error={more.error} retry={readOn} />}
      {!value && !error && <Loading what="who moved" />}
      {value && moves.length === 0 && next === undefined && (
        <Empty title="Nobody moved">
          <p>No device changed its location or its connectivity in the last 24 hours.</p>
        </Empty>
      )}
      {moves.length > 0 && (
        <ul class="tallies">
          {tallyOf(moves).map(({ location, joined, left }) => (
            <li key={location}>
              <Name of={location} /> {joined > 0 && <b>+{joined}</b>} {left > 0 && <b>−{left}</b>}
            </li>
          ))}
        </ul>
      )}
      {moves.length > 0 && (
        <ul class="moves">
          {moves.slice(0, mostShown).map((move) => (
            <li key={move.id}>
              <Moment of={move.time} />
              <a href={hrefOf('device', { id: move.deviceId })}>
                <Text of={move.deviceId} />
              </a>
              <span>
                <PlaceName of={move.from} /> <span aria-hidden="true">→</span>
                <span class="hidden">to</span> <PlaceName of={move.to} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {moves.length > mostShown && (
        <p class="muted">
          The last {mostShown} of them. <a href={hrefOf('live', { type: 'DeviceTwins.DeviceMoved' })}>Follow moves</a>
        </p>
      )}
      {next !== undefined && (
        <button type="button" onClick={readOn}>
          Read on in the feed
        </button>
      )}
    </section>
  );
}
