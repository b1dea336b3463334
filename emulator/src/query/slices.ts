import { setImmediate } from 'node:timers/promises';

/** Work that can be interrupted: each `undefined` is a place where others may be served before it goes on. */
export type Sliced<T> = Generator<undefined, T, undefined>;

/** A walk that can be interrupted in the same way; else it gives what it finds. */
export type Walk<T> = Iterable<T | undefined>;

/** Entries between two such places: the largest twins take a few milliseconds to read that many. */
export const stride = 32;

/** How long others wait for a piece of work, in milliseconds. What is done sooner waits for nobody. */
const sliceMs = 5;

/** When the latest that waits may go on: each goes on in a turn of the event loop of its own, however many there are. */
let turn = Promise.resolve();

/** Does a piece of work, and lets the event loop turn whenever a slice of time is used up. */
export async function inSlices<T>(work: Sliced<T>): Promise<T> {
  let began = performance.now();
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) return step.value;
    if (performance.now() - began < sliceMs) continue;
    turn = turn.then(() => setImmediate());
    await turn;
    began = performance.now();
  }
}
