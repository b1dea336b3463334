/** Works through items, so many at a time, until one of them says that it is enough. */
export async function workThrough<T>(
  items: Iterable<T>,
  atATime: number,
  work: (item: T) => Promise<'goOn' | 'enough'>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let isEnough = false;
  const worker = async () => {
    while (!isEnough) {
      const { done, value } = iterator.next();
      if (done) return;
      try {
        if ((await work(value)) === 'enough') isEnough = true;
      } catch (error) {
        isEnough = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: atATime }, worker));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}
