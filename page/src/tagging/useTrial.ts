import { useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/apiError';
import { ask, type Request } from '../api/client';
import { type DryRun, dryRun, type Job, job } from '../api/schemas';
import { newIdempotencyKey } from './tagRequest';

/** A write to many devices: tried out first, then sent once, however often it has to be sent. */
export interface Trial {
  tried: DryRun | undefined;
  done: Job | undefined;
  error: ApiError | undefined;
  isBusy: boolean;
  tryOut(request: Request): void;
  /** Sends what was tried out. */
  send(): void;
  /** What was tried out is not what would be sent any more. */
  forget(): void;
}

export function useTrial(path: string): Trial {
  const [tried, setTried] = useState<DryRun>();
  const [done, setDone] = useState<Job>();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const pending = useRef<{ request: Request; key: string }>(undefined);
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  const forget = () => {
    pending.current = undefined;
    setTried(undefined);
    setDone(undefined);
    setError(undefined);
  };
  return {
    tried,
    done,
    error,
    isBusy,
    forget,
    tryOut: (request) => {
      forget();
      void run(async () => {
        const { value } = await ask(dryRun, path, { ...request, query: { ...request.query, dryRun: true } });
        pending.current = { request, key: newIdempotencyKey() };
        setTried(value);
      });
    },
    send: () => {
      const { request, key } = pending.current ?? {};
      if (!request || !key) return;
      void run(async () => {
        const headers = { ...request.headers, 'idempotency-key': key };
        const { value } = await ask(job, path, { ...request, headers });
        pending.current = undefined;
        setDone(value);
      });
    },
  };
}
