import type { FillLog } from './fillState';
import type { Sweep } from './sweep';

/** Where the members stand beside the hub's twins. */
export interface Standing {
  /** When they were last compared with all of them; null where they never were. */
  comparedAt: string | null;
  /** How much of the fleet was taken in that was there before the app, from 0 to 1. */
  filled: number;
}

export async function standingOf({ sweep, fill }: { sweep: Sweep; fill: FillLog }): Promise<Standing> {
  const { endedAt } = await sweep.read();
  if (endedAt !== undefined) return { comparedAt: endedAt, filled: 1 };
  return { comparedAt: null, filled: await fill.share() };
}
