import type { Command } from './command';
import { FailedError, UsageError } from './errors';
import { isDone, isOver, jobSchema, watchJob } from './followJob';
import { printJob } from './printJob';

/** Shows a tag job, follows or cancels it. */
export const job: Command = {
  summary: 'shows, follows or cancels a tag job',
  help: `npm run fleet -- job ID [options]

  --follow               until it is over
  --cancel               what is tagged stays tagged
`,
  options: { follow: { type: 'boolean' }, cancel: { type: 'boolean' } },
  async run(given, context) {
    const jobId = given.only('job id');
    const cancel = given.flag('cancel');
    if (cancel && given.flag('follow')) throw new UsageError('Give --follow or --cancel, not both.');
    const path = `api/tagJobs/${encodeURIComponent(jobId)}`;
    const asked = await context.client.json(jobSchema, path, { method: cancel ? 'DELETE' : 'GET' });
    const shown = given.flag('follow') ? await watchJob(asked, context) : asked;
    await printJob(shown, context);
    if (!cancel && isOver(shown) && !isDone(shown)) throw new FailedError('Not every device was tagged.');
  },
};
