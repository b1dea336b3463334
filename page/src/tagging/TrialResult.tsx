import { useEffect } from 'preact/hooks';
import type { DryRun } from '../api/schemas';
import { formatNumber, formatSpan, plural } from '../logic/words';
import { go, hrefOf } from '../route';
import { CountGate } from '../ui/CountGate';
import { Failure, Text } from '../ui/parts';
import { Outcomes } from './Outcomes';
import type { Trial } from './useTrial';

const engines: Readonly<Record<string, string>> = {
  direct: 'at once, while you wait',
  queue: "by the queue, at the hub's pace",
  hubJob: 'by a job of the hub itself',
};

/** What a write would do, the button that does it, and what became of each device. */
export function TrialResult({ trial, label, done }: { trial: Trial; label: string; done?: () => void }) {
  const { tried, done: job, error, isBusy, send } = trial;
  useEffect(() => {
    if (!job) return;
    if (job.engine === 'direct') done?.();
    else go(hrefOf('job', { id: job.jobId }));
  }, [job, done]);
  return (
    <>
      {error && <Failure error={error} />}
      {job ? (
        <section
          class={`note ${job.counts.succeeded > 0 ? 'is-good' : 'is-bad'}`}
          aria-label="What was done"
          role="status"
        >
          <p>
            <b>{plural(job.counts.succeeded, 'device')} written</b>
            {job.counts.failed + job.counts.pending > 0 &&
              `, ${formatNumber(job.counts.failed + job.counts.pending)} not`}
            .{' '}
            <a href={hrefOf('job', { id: job.jobId })}>
              {job.counts.succeeded > 0 ? 'The job, to undo it' : 'The job'}
            </a>
          </p>
          {job.results && (
            <Outcomes
              outcomes={job.results.map((each) => ({
                ...each,
                outcome: each.status === 200 ? 'succeeded' : each.status === 0 ? 'notReached' : 'failed',
              }))}
            />
          )}
        </section>
      ) : (
        tried && (
          <section class="note is-pending" aria-label="Dry run" role="status">
            <Tried of={tried} />
            <CountGate devices={tried.devices} label={label} isBusy={isBusy} act={send} />
          </section>
        )
      )}
    </>
  );
}

function Tried({ of: { devices, sample, engine, expectedSeconds, ignoredColumns = [] } }: { of: DryRun }) {
  // What the app writes it reads before, so that it can be taken back.
  const isRead = engine !== 'hubJob';
  return (
    <>
      <dl class="figures">
        <div>
          <dt>Devices</dt>
          <dd>{formatNumber(devices)}</dd>
        </div>
        <div>
          <dt>Takes about</dt>
          <dd>{formatSpan(expectedSeconds)}</dd>
        </div>
        <div>
          <dt>Messages of the day, about</dt>
          <dd>{formatNumber(isRead ? 2 * devices : devices)}</dd>
        </div>
      </dl>
      <p class="muted">
        {engines[engine] ?? engine}.{' '}
        {isRead ? 'Each device is read, so that it can be undone, and written: a message' : 'A write is a message'} of
        the hub's daily quota for each 4 KB, on the free tier for each 0.5 KB.
      </p>
      {sample.length > 0 && (
        <p>
          {devices > sample.length ? 'Among them: ' : ''}
          {sample.map((id) => (
            <a class="chip" key={id} href={hrefOf('device', { id })}>
              <Text of={id} />
            </a>
          ))}
        </p>
      )}
      {ignoredColumns.length > 0 && (
        <p>
          <b>Passed over, for they name no tags:</b> <Text of={ignoredColumns.join(', ')} />
        </p>
      )}
    </>
  );
}
