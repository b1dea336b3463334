import { ask } from '../api/client';
import { twin } from '../api/schemas';
import { History } from '../device/History';
import { Properties } from '../device/Properties';
import { Tags } from '../device/Tags';
import { toCommand } from '../logic/shell';
import { hrefOf, route } from '../route';
import { Age, Copy, Empty, Failure, Fresh, Loading, Text } from '../ui/parts';
import { useLoaded } from '../ui/useLoaded';

/** A twin that stands open for so long may be another by now. */
const staleAfterMs = 5 * 60_000;

export function Device() {
  const id = route.value.query.get('id') ?? '';
  const { value, at, error, isLoading, reload } = useLoaded(
    id,
    async (signal) => (await ask(twin, `devices/${encodeURIComponent(id)}`, { signal })).value,
    { isOn: id !== '' },
  );
  if (id === '') return <Empty title="Which device? Type its id into the field above." />;
  return (
    <>
      <div class="head">
        <h1 class="id">
          <Text of={id} />
        </h1>
        <div class="actions">
          {at !== undefined && <Fresh what="Read from the hub" at={at} staleAfterMs={staleAfterMs} />}
          <button type="button" disabled={isLoading} onClick={reload}>
            Read again
          </button>
          <Copy text={toCommand('history', {}, [id])}>Copy as command</Copy>
        </div>
      </div>
      {error?.kind === 'missing' ? (
        <Empty title="There is no such device">
          <p>
            Ids go by every letter. <a href={hrefOf('devices', { by: 'condition' })}>Find it by a condition</a>
          </p>
        </Empty>
      ) : (
        error && <Failure error={error} retry={reload} isBeside={value !== undefined} />
      )}
      {!value && isLoading && <Loading what="the twin" />}
      {value && (
        <>
          <dl class="facts">
            <Fact title="Version" of={String(value.version)} />
            <Fact title="Etag" of={value.etag} />
            <Fact title="Status" of={value.status} />
            <Fact title="Connection" of={value.connectionState} />
            <div>
              <dt>Last activity</dt>
              <dd>
                {value.lastActivityTime && !value.lastActivityTime.startsWith('0001') ? (
                  <Age of={value.lastActivityTime} />
                ) : (
                  <span class="muted">none yet</span>
                )}
              </dd>
            </div>
          </dl>
          <div class="twin">
            <Tags key={id} of={value} changed={reload} />
            <Properties of={value} />
          </div>
          <History deviceId={id} version={value.version} changed={reload} />
        </>
      )}
    </>
  );
}

function Fact({ title, of }: { title: string; of: string | undefined }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{of === undefined ? <span class="muted">not told</span> : <Text of={of} />}</dd>
    </div>
  );
}
