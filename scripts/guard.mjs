// Ends the parts of a system whose owner is gone, however that came: the owner writes the process group of each part that
// it starts (`+ID`) and of each that has ended (`-ID`). Its input ends with the owner, killed or not.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long the parts have to save what they hold. */
const graceMs = 10_000;
const lookEveryMs = 100;

const living = new Set();
for await (const [sign, ...id] of createInterface({ input: process.stdin })) {
  if (sign === '+') living.add(Number(id.join('')));
  else living.delete(Number(id.join('')));
}
send('SIGINT');
for (let waited = 0; living.size > 0 && waited < graceMs; waited += lookEveryMs) {
  await sleep(lookEveryMs);
  send(0);
}
send('SIGKILL');

/** Forgets those which are gone. Windows has no process groups. */
function send(signal) {
  for (const id of living) {
    try {
      process.kill(process.platform === 'win32' ? id : -id, signal);
    } catch {
      living.delete(id);
    }
  }
}
