import { ask } from '../api/client';
import { jobs } from '../api/schemas';
import { amend, hrefOf, route } from '../route';
import { JobState } from '../tagging/JobState';
import { Empty, Failure, Loading, Moment, Text } from '../ui/parts';
import { usePages } from '../ui/usePages';

const states = ['', 'queued', 'running', 'completed', 'failed', 'cancelled'];

export function Jobs() {
  const asked = route.value.query.get('state') ?? '';
  const state = states.includes(asked) ? asked : '';
  const { items, isMore, isLoading, error, readOn } = usePages(
    state,
    async (continuation, signal) => {
      const { value } = await ask(jobs, 'tagJobs', {
        query: { state: state || undefined, limit: 50, continuation },
        signal,
      });
      return { items: value.jobs, continuation: value.continuation };
    },
    { isAutomatic: true },
  );
  return (
    <>
      <div class="head">
        <h1>Tag jobs</h1>
        <label class="inline">
          State
          <select value={state} onChange={(event) => amend(hrefOf('jobs', { state: event.currentTarget.value }))}>
            {states.map((each) => (
              <option key={each} value={each}>
                {each || 'any'}
              </option>
            ))}
          </select>
        </label>
        <a class="button" href={hrefOf('tagging')}>
          New job
        </a>
      </div>
      {error && <Failure error={error} retry={() => readOn()} isBeside={items.length > 0} />}
      {isMore === false && items.length === 0 && (
        <Empty title="No job yet">
          <p>Jobs are listed for 30 days.</p>
        </Empty>
      )}
      <ul class="jobs">
        {items.map((job) => (
          <li key={job.jobId}>
            <a href={hrefOf('job', { id: job.jobId })}>
              <Moment of={job.createdAt} />
            </a>
            <JobState of={job} />
            <span class="muted">
              {job.engine}
              {job.by !== undefined && (
                <>
                  , by <Text of={job.by} />
                </>
              )}
            </span>
            {job.reason !== undefined && (
              <q>
                <Text of={job.reason} />
              </q>
            )}
          </li>
        ))}
      </ul>
      {isLoading && <Loading what="jobs" />}
      {isMore && !isLoading && (
        <button type="button" onClick={() => readOn()}>
          Older jobs
        </button>
      )}
    </>
  );
}
