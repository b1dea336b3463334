/**
 * Does in a process of its own, whose zone is its environment's, what the vectors of the real packages ask for: reads the
 * cases from its input, prints what comes out.
 */
import { text } from 'node:stream/consumers';
import type { TypedData } from '../src/core/rpc';
import { deserializeJson, readJson, writeJson } from '../src/dotnet/newtonsoft';
import { toPublication } from '../src/outputs/events';

/** What it is asked to do. */
export interface Cases {
  texts: string[];
  outputs: TypedData[];
}

function attempt<T>(run: () => T): T | 'refused' {
  try {
    return run();
  } catch {
    return 'refused';
  }
}

async function main(): Promise<void> {
  const { texts, outputs }: Cases = JSON.parse(await text(process.stdin));
  const answer = {
    parsed: texts.map((each) => attempt(() => writeJson(readJson(each)))),
    returned: texts.map((each) => attempt(() => writeJson(deserializeJson(each, { dates: false })))),
    published: outputs.map((output) => attempt(() => toPublication(output) ?? null)),
  };
  process.stdout.write(JSON.stringify(answer));
}

void main();
