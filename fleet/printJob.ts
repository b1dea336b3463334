import type { Context } from './command';
import { describeJob, type Failure, failuresOf, type Job } from './followJob';
import { write } from './terminal';

/** Writes what became of a job: a table, or JSON with all of its failures. */
export async function printJob(job: Job, context: Context): Promise<void> {
  if (!context.json) return write(context.stdout, await describeJob(job, context));
  const { failures: _, continuation: __, results: ___, ...rest } = job;
  const failures: Failure[] = [];
  for await (const failure of failuresOf(job, context)) failures.push(failure);
  await write(context.stdout, `${JSON.stringify({ ...rest, failures })}\n`);
}
