import { useMemo } from 'preact/hooks';
import { ask } from '../api/client';
import { type Trends, trends } from '../api/schemas';
import { MatrixTable } from '../fleet/MatrixTable';
import { Moves } from '../fleet/Moves';
import { lastMatrix, locationLines, type Matrix } from '../fleet/matrix';
import { Registry } from '../fleet/Registry';
import { Trend } from '../fleet/Trend';
import { formatNumber, formatShare } from '../logic/words';
import { amend, hrefOf, route } from '../route';
import { Empty, Failure, Fresh, Loading } from '../ui/parts';
import { useLoaded } from '../ui/useLoaded';

const hour = 3600;

/** How far back the trends go, and how fine. */
const ranges = {
  '24h': { title: '24 hours', seconds: 24 * hour, step: 300 },
  '7d': { title: '7 days', seconds: 7 * 24 * hour, step: hour },
  '30d': { title: '30 days', seconds: 30 * 24 * hour, step: 4 * hour },
} as const;

const refreshMs = 60_000;
/** The timer that counts runs every five minutes, unless it is told otherwise: three of them without a point are too many. */
const staleAfterMs = 15 * 60_000;

export function Fleet() {
  const asked = route.value.query.get('range') ?? '';
  const name = Object.hasOwn(ranges, asked) ? (asked as keyof typeof ranges) : '24h';
  const { seconds, step } = ranges[name];
  const { value, error, reload } = useLoaded(
    name,
    async (signal) => {
      const from = new Date(Date.now() - seconds * 1000).toISOString();
      return (await ask(trends, 'trends', { query: { from, step }, signal })).value;
    },
    { everyMs: refreshMs },
  );
  const matrix = useMemo(() => value && lastMatrix(value), [value]);
  return (
    <>
      <div class="head">
        <h1>Fleet</h1>
        <div class="segments" role="group" aria-label="How far back">
          {Object.entries(ranges).map(([each, { title }]) => (
            <button
              type="button"
              key={each}
              aria-pressed={each === name}
              onClick={() => amend(hrefOf('fleet', { range: each }))}
            >
              {title}
            </button>
          ))}
        </div>
      </div>
      {error && <Failure error={error} retry={reload} isBeside={value !== undefined} />}
      {!value && !error && <Loading what="the fleet" />}
      {value && matrix && <Figures matrix={matrix} trends={value} />}
      {value && (matrix ? <Where matrix={matrix} /> : <NotCounted />)}
      <Moves />
      {value && matrix && <Plots of={value} />}
    </>
  );
}

function NotCounted() {
  return (
    <section class="where">
      <Empty title="Nothing was counted yet">
        <p>
          The app counts the fleet on a timer, every five minutes unless it is told otherwise. What the hub's registry
          has can be asked for now:
        </p>
        <Registry />
      </Empty>
    </section>
  );
}

function Where({ matrix }: { matrix: Matrix }) {
  return (
    <section class="where" aria-labelledby="where">
      <div class="head">
        <h2 id="where">Where they are, and how connected</h2>
        <Fresh what="counted" at={matrix.at} staleAfterMs={staleAfterMs} />
      </div>
      {matrix.rows.length > 0 ? (
        <MatrixTable matrix={matrix} />
      ) : (
        <Empty title="No device has a location or a connectivity yet">
          <p>
            <a href={hrefOf('tagging')}>Tag some</a>, and they are here with the next count.
          </p>
        </Empty>
      )}
    </section>
  );
}

function Plots({ of }: { of: Trends }) {
  const devices = useMemo(
    () => [
      { label: 'in all', values: of.total },
      { label: 'enabled', values: of.enabled },
    ],
    [of],
  );
  const locations = useMemo(() => locationLines(of, 5), [of]);
  return (
    <section class="trends" aria-label="Trends">
      <Trend title="Devices" times={of.times} lines={devices} />
      {locations.length > 0 && <Trend title="By location" times={of.times} lines={locations} />}
    </section>
  );
}

function Figures({ matrix: { total, enabled, rows }, trends: { changes } }: { matrix: Matrix; trends: Trends }) {
  const isKnown = total !== null && enabled !== null;
  return (
    <dl class="figures">
      <Figure title="Devices" value={total} />
      <Figure title="Enabled" value={enabled} share={isKnown ? formatShare(enabled, total) : undefined} />
      <Figure title="Disabled" value={isKnown ? total - enabled : null} />
      <Figure title="Locations" value={rows.filter(({ location }) => location !== null).length} />
      <Figure
        title="Changes in this time"
        value={
          changes.some((each) => each !== null) ? changes.reduce<number>((sum, each) => sum + (each ?? 0), 0) : null
        }
      />
    </dl>
  );
}

function Figure({ title, value, share }: { title: string; value: number | null; share?: string | undefined }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        {value === null ? <span class="muted">not known</span> : formatNumber(value)} {share && <small>{share}</small>}
      </dd>
    </div>
  );
}
