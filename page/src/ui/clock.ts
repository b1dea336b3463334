import { signal } from '@preact/signals';

const tickMs = 10_000;

/** The time, as fine as ages are told here. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, tickMs);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) now.value = Date.now();
});
