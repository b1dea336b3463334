import { buildIfChanged } from './buildIfChanged';

// Watched by `npm run dev`, which runs this again when a source changes. A build that fails waits for the next change.
try {
  buildIfChanged();
  await import('./start');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
