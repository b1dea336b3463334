import { useState } from 'preact/hooks';
import { ask } from '../api/client';
import { statistics } from '../api/schemas';
import { formatNumber } from '../logic/words';
import { Failure, Loading } from '../ui/parts';
import { useLoaded } from '../ui/useLoaded';

/** What the hub's registry counts, for whoever asks for it: the page never does by itself. */
export function Registry() {
  const [isOn, setOn] = useState(false);
  const { value, error, isLoading, reload } = useLoaded(
    'statistics',
    async (signal) => (await ask(statistics, 'statistics', { signal })).value,
    { isOn },
  );
  if (!isOn) {
    return (
      <button type="button" class="primary" onClick={() => setOn(true)}>
        Ask the registry
      </button>
    );
  }
  if (error) return <Failure error={error} retry={reload} />;
  if (!value || isLoading) return <Loading what="the registry's numbers" />;
  return (
    <p>
      <b>{formatNumber(value.totalDeviceCount)}</b> devices, {formatNumber(value.enabledDeviceCount)} enabled,{' '}
      {formatNumber(value.disabledDeviceCount)} disabled.
    </p>
  );
}
