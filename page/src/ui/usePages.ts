import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/apiError';
import { key } from '../api/key';

/** One page of a list. */
export interface Page<T> {
  items: readonly T[];
  continuation: string | undefined;
}

/** The pages of a list that were read so far. */
export interface Pages<T> {
  items: readonly T[];
  /** How many requests they took. */
  read: number;
  isLoading: boolean;
  error: ApiError | undefined;
  /** Whether there is more; undefined before the first page. */
  isMore: boolean | undefined;
  /** Reads the next page, or so many. */
  readOn(pages?: number): void;
}

interface State<T> {
  what: string;
  items: readonly T[];
  read: number;
  continuation: string | undefined;
  error: ApiError | undefined;
  isLoading: boolean;
}

const fresh = <T>(what: string): State<T> => ({
  what,
  items: [],
  read: 0,
  continuation: undefined,
  error: undefined,
  isLoading: false,
});

interface Options {
  /** Reads the first page unasked. */
  isAutomatic?: boolean;
  /** Another `what` is the same list at another time: what was read is shown until its first page is there. */
  isSameList?: boolean;
}

/** A list page by page, each on request; `what` names the list, and another one begins anew. */
export function usePages<T>(
  what: string,
  load: (continuation: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  { isAutomatic = false, isSameList = false }: Options = {},
): Pages<T> {
  const [state, setState] = useState<State<T>>(fresh(what));
  const latest = useRef(load);
  latest.current = load;
  const aborter = useRef(new AbortController());
  const anew = isSameList ? { ...fresh<T>(what), items: state.items } : fresh<T>(what);
  const current = state.what === what ? state : anew;
  const readOn = async (pages = 1) => {
    aborter.current.abort();
    aborter.current = new AbortController();
    const { signal } = aborter.current;
    let at: State<T> = { ...current, error: undefined, isLoading: true };
    setState(at);
    try {
      for (let page = 0; page < pages && (at.read === 0 || at.continuation !== undefined); page++) {
        const { items, continuation } = await latest.current(at.continuation, signal);
        if (signal.aborted) return;
        at = { ...at, items: at.read === 0 ? items : [...at.items, ...items], read: at.read + 1, continuation };
        setState(at);
      }
      setState({ ...at, isLoading: false });
    } catch (thrown) {
      if (signal.aborted) return;
      const error = thrown instanceof ApiError ? thrown : new ApiError('other', `This page failed: ${thrown}`);
      setState({ ...at, error, isLoading: false });
    }
  };
  const keyNow = key.value;
  // Another list or key is a reason to begin anew.
  useEffect(() => {
    if (isAutomatic) void readOn();
    return () => aborter.current.abort();
  }, [what, keyNow, isAutomatic]);
  return {
    items: current.items,
    read: current.read,
    isLoading: current.isLoading,
    error: current.error,
    isMore: current.read === 0 ? undefined : current.continuation !== undefined,
    readOn,
  };
}
