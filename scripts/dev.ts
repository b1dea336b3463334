import { buildIfChanged } from './buildIfChanged';
import { writeLine } from './writeLine';

// Watched by `npm run dev`, which runs this again when a source changes.
if (isBuilt()) void import('./start');

/** A build that fails has said why, and waits for the next change. */
function isBuilt(): boolean {
  try {
    buildIfChanged();
    return true;
  } catch (error) {
    writeLine(process.stderr, error instanceof Error ? error.message : String(error));
    return false;
  }
}
