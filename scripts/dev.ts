import { buildIfChanged } from './buildIfChanged';

// Watched by `npm run dev`, which runs this again when a source changes.
if (isBuilt()) void import('./start');

/** A build that fails has said why, and waits for the next change. */
function isBuilt(): boolean {
  try {
    buildIfChanged();
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
}
