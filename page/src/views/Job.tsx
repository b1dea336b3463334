import { useState } from 'preact/hooks';
import { ApiError } from '../api/apiError';
import { ask } from '../api/client';
import { type Job as JobDocument, job, type Outcome, outcomes } from '../api/schemas';
import { toCommand } from '../logic/shell';
import { formatNumber, formatSpan } from '../logic/words';
import { route } from '../route';
import { hasEnded, JobState } from '../tagging/JobState';
import { Outcomes } from '../tagging/Outcomes';
import { Undo } from '../tagging/Undo';
import { Copy, Empty, Failure, Loading, Moment, Text } from '../ui/parts';
import { useLoaded } from '../ui/useLoaded';
import { usePages } from '../ui/usePages';

const everyMs = 2000;

export function Job() {
  const id = route.value.query.get('id') ?? '';
  const path = `tagJobs/${encodeURIComponent(id)}`;
  const [isDone, setDone] = useState(false);
  const { value, error, reload } = useLoaded(
    path,
    async (signal) => {
      const read = (await ask(job, path, { query: { limit: 1 }, signal })).value;
      setDone(hasEnded(read));
      return read;
    },
    { everyMs: isDone ? undefined : everyMs, isOn: id !== '' },
  );
  if (id === '') return <Empty title="Which job?" />;
  return (
    <>
      <div class="head">
        <h1>Tag job</h1>
        <code class="muted">
          <Text of={id} />
        </code>
        <Copy text={toCommand('job', {}, [id])}>Copy as command</Copy>
      </div>
      {error?.kind === 'missing' ? (
        <Empty title="There is no such job">
          <p>Jobs are told of for 30 days.</p>
        </Empty>
      ) : (
        error && <Failure error={error} retry={reload} isBeside={value !== undefined} />
      )}
      {!value && !error && <Loading what="the job" />}
      {value && <Told of={value} path={path} reload={reload} />}
    </>
  );
}

function Told({ of, path, reload }: { of: JobDocument; path: string; reload(): void }) {
  const [error, setError] = useState<ApiError>();
  const [isUndoing, setUndoing] = useState(false);
  const { counts, engine, createdAt, endedAt, expectedSeconds, detail, by, reason } = of;
  const cancel = () =>
    ask(job, path, { method: 'DELETE' }).then(reload, (thrown: unknown) => {
      if (thrown instanceof ApiError) setError(thrown);
    });
  return (
    <>
      <JobState of={of} />
      <dl class="facts">
        <div>
          <dt>Begun</dt>
          <dd>
            <Moment of={createdAt} />
          </dd>
        </div>
        <div>
          <dt>{endedAt ? 'Ended' : 'Takes about'}</dt>
          <dd>{endedAt ? <Moment of={endedAt} /> : formatSpan(expectedSeconds)}</dd>
        </div>
        <div>
          <dt>Engine</dt>
          <dd>{engine}</dd>
        </div>
        <div>
          <dt>To come</dt>
          <dd>{formatNumber(counts.pending)}</dd>
        </div>
        {by !== undefined && (
          <div>
            <dt>By</dt>
            <dd>
              <Text of={by} />
            </dd>
          </div>
        )}
        {of.undoes !== undefined && (
          <div>
            <dt>Takes back</dt>
            <dd>
              <Text of={of.undoes} />
            </dd>
          </div>
        )}
        {reason !== undefined && (
          <div>
            <dt>Why</dt>
            <dd>
              <Text of={reason} />
            </dd>
          </div>
        )}
      </dl>
      {detail !== undefined && (
        <p class="note is-bad">
          <Text of={detail} />
        </p>
      )}
      {error && <Failure error={error} />}
      <div class="actions">
        {!hasEnded(of) && (
          <button type="button" onClick={cancel}>
            Cancel: what is tagged stays tagged
          </button>
        )}
        {hasEnded(of) && counts.succeeded > 0 && of.undoable !== false && (
          <button type="button" aria-expanded={isUndoing} onClick={() => setUndoing(!isUndoing)}>
            Undo…
          </button>
        )}
      </div>
      {isUndoing && <Undo path={`${path}/undo`} />}
      {engine === 'direct' ? (
        <p class="muted">What became of each device was told in the answer, for this job was done at once.</p>
      ) : (
        <OutcomeList of={of} path={path} />
      )}
    </>
  );
}

const kinds = ['', 'succeeded', 'failed', 'pending', 'notReached'];

function OutcomeList({ of, path }: { of: JobDocument; path: string }) {
  const [kind, setKind] = useState('');
  const { items, isMore, isLoading, error, readOn } = usePages<Outcome>(
    `${path} ${kind} ${of.state}`,
    async (continuation, signal) => {
      const query = { outcome: kind || undefined, limit: 1000, continuation };
      const { value } = await ask(outcomes, `${path}/outcomes`, { query, signal });
      return { items: value.outcomes, continuation: value.continuation };
    },
    { isAutomatic: true },
  );
  return (
    <section aria-labelledby="outcomes">
      <div class="head">
        <h2 id="outcomes">Outcomes</h2>
        <label class="inline">
          Show
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
            {kinds.map((each) => (
              <option key={each} value={each}>
                {{ '': 'all', notReached: 'not reached' }[each] ?? each}
              </option>
            ))}
          </select>
        </label>
        {isMore && (
          <button type="button" disabled={isLoading} onClick={() => readOn()}>
            Read 1,000 more
          </button>
        )}
      </div>
      {error && <Failure error={error} isBeside={items.length > 0} />}
      {items.length > 0 ? (
        <Outcomes outcomes={items} />
      ) : (
        !error && (isLoading ? <Loading what="outcomes" /> : <Empty title="No device is among these" />)
      )}
    </section>
  );
}
