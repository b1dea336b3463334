import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/apiError';
import { key } from '../api/key';

/** What was asked for: the last answer, when it came, and what went wrong since. */
export interface Loaded<T> {
  value: T | undefined;
  /** Milliseconds of the epoch. */
  at: number | undefined;
  error: ApiError | undefined;
  isLoading: boolean;
  reload(): void;
}

interface Options {
  /** Asks again so long after each answer, while the page can be seen. */
  everyMs?: number | undefined;
  /** Whether to ask at all. */
  isOn?: boolean;
}

/**
 * Asks now, again where what is asked changes (`what` names it) or another key is given, and again on request. A failure
 * leaves the last answer standing beside it.
 */
export function useLoaded<T>(
  what: string,
  load: (signal: AbortSignal) => Promise<T>,
  { everyMs, isOn = true }: Options = {},
): Loaded<T> {
  const [state, setState] = useState<{ what: string; value?: T; at?: number; error?: ApiError | undefined }>({ what });
  const [isLoading, setLoading] = useState(isOn);
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const keyNow = key.value;
  // The key and the round are reasons to ask again, too.
  useEffect(() => {
    if (!isOn) return;
    const aborter = new AbortController();
    setLoading(true);
    latest.current(aborter.signal).then(
      (value) => {
        if (aborter.signal.aborted) return;
        setState({ what, value, at: Date.now() });
        setLoading(false);
      },
      (thrown: unknown) => {
        if (aborter.signal.aborted) return;
        const error = thrown instanceof ApiError ? thrown : new ApiError('other', `This page failed: ${thrown}`);
        setState((before) => (before.what === what ? { ...before, error } : { what, error }));
        setLoading(false);
      },
    );
    return () => aborter.abort();
  }, [what, isOn, keyNow, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  useRepeated(reload, isOn && !isLoading ? everyMs : undefined);
  const current = state.what === what ? state : { what };
  return { value: current.value, at: current.at, error: current.error, isLoading, reload };
}

/** Calls again and again, but never in a tab that nobody sees: there it waits until somebody does. */
function useRepeated(call: () => void, everyMs: number | undefined): void {
  useEffect(() => {
    if (everyMs === undefined) return;
    const whenSeen = () => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', whenSeen);
      call();
    };
    const timer = setTimeout(() => {
      document.addEventListener('visibilitychange', whenSeen);
      whenSeen();
    }, everyMs);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', whenSeen);
    };
  }, [call, everyMs]);
}
