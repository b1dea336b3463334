import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { GroupCommit } from '../src/store/groupCommit';

/** A commit for each group, that is done when told. */
function disk() {
  const commits: { writes: string[]; done(error?: Error): void }[] = [];
  const began = new EventTarget();
  const groups = new GroupCommit<string>((writes) => {
    const { promise, resolve, reject } = withResolvers();
    commits.push({ writes: [...writes], done: (error) => (error ? reject(error) : resolve()) });
    began.dispatchEvent(new Event('commit'));
    return promise;
  });
  return { groups, commits, commit: () => once(began, 'commit') };
}

function withResolvers() {
  let resolve = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}

test('writes of neighbouring turns share a commit, in their order', async () => {
  const { groups, commits, commit } = disk();
  const begun = commit();
  const one = groups.add('one');
  await setImmediate();
  const others = [groups.add('two'), groups.add('three')];
  await begun;
  expect(commits.map(({ writes }) => writes)).toEqual([['one', 'two', 'three']]);
  commits[0]?.done();
  await Promise.all([one, ...others]);
});

test('what comes while a commit is under way waits for the next, all in one', async () => {
  const { groups, commits, commit } = disk();
  let begun = commit();
  const first = groups.add('first');
  await begun;
  const later = [groups.add('second'), groups.add('third')];
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  expect(commits).toHaveLength(1);
  begun = commit();
  commits[0]?.done();
  await first;
  await begun;
  expect(commits[1]?.writes).toEqual(['second', 'third']);
  commits[1]?.done();
  await Promise.all(later);
  await groups.idle();
});

test('a failed commit is told to those in it, and not to the next', async () => {
  const { groups, commits, commit } = disk();
  let begun = commit();
  const failing = Promise.allSettled([groups.add('one'), groups.add('two')]);
  await begun;
  begun = commit();
  const next = groups.add('three');
  commits[0]?.done(new Error('full'));
  expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await begun;
  commits[1]?.done();
  await next;
});

test('callers who never pause hold no write up for ever', async () => {
  const { groups, commits, commit } = disk();
  const begun = commit();
  const writes = [groups.add('0')];
  while (commits.length === 0) {
    await setImmediate();
    writes.push(groups.add(`${writes.length}`));
  }
  await begun;
  const again = commit();
  commits[0]?.done();
  await again;
  commits[1]?.done();
  await Promise.all(writes);
});
