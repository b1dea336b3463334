import { carryOut, jobHelp, jobOptions, refuseFailures, tryOut } from './carryOut';
import type { Command, Given } from './command';
import { UsageError } from './errors';

/** Takes back what a tag job did, or one change of a device, and follows the job that does it. */
export const undo: Command = {
  summary: 'takes back a tag job, or one change of a device',
  help: `npm run fleet -- undo JOB [options]
npm run fleet -- undo DEVICE CHANGE [options]

Puts back what was there before, where nobody has changed it since; what was left is told. "jobs" lists the jobs, "history
DEVICE --json" the changes with their ids. It is a job, which can be taken back too.

  --force                also where somebody has changed it since
${jobHelp}
`,
  options: { ...jobOptions, force: { type: 'boolean' } },
  async run(given, context) {
    const query = { force: given.flag('force') ? 'true' : undefined, reason: given.text('reason') };
    const work = { path: pathOf(given), request: { method: 'POST' as const, query }, what: 'Take it back on' };
    if (given.flag('dry-run')) return tryOut(work, context);
    const job = await carryOut(work, given, context);
    refuseFailures(job, 'Not all of it was taken back.');
  },
};

function pathOf({ positionals }: Given): string {
  const [first, second, ...more] = positionals.map(encodeURIComponent);
  if (!first || second === '' || more.length > 0)
    throw new UsageError('Give a job id, or a device id and the id of a change.');
  return second === undefined ? `api/tagJobs/${first}/undo` : `api/devices/${first}/changes/${second}/undo`;
}
