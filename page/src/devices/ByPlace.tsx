import { useState } from 'preact/hooks';
import { ask } from '../api/client';
import { members, type Standing } from '../api/schemas';
import { toCommand } from '../logic/shell';
import { formatShare } from '../logic/words';
import { amend, hrefOf, route } from '../route';
import { Empty, Fresh } from '../ui/parts';
import { usePages } from '../ui/usePages';
import { DeviceList } from './DeviceList';
import type { Row } from './row';

const pageSize = 1000;
/** The timer compares the members with the hub's twins, part after part; of a large fleet that takes its time. */
const staleAfterMs = 24 * 3_600_000;

/** Devices of a place, and of a network there, as events told: the hub is not asked. */
export function ByPlace() {
  const { query } = route.value;
  const location = query.get('location') ?? undefined;
  const connectivity = query.get('connectivity') || undefined;
  return (
    <>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          const of = (name: string) => String(data.get(name) ?? '');
          const given = { by: 'place', location: of('location'), connectivity: of('connectivity').trim() };
          amend(hrefOf('devices', given, ['location']));
        }}
      >
        <label>
          Location
          <input name="location" defaultValue={location ?? ''} autocomplete="off" />
        </label>
        <label>
          Connectivity
          <input name="connectivity" defaultValue={connectivity ?? ''} placeholder="any" autocomplete="off" />
        </label>
        <button type="submit" class="primary">
          List
        </button>
      </form>
      {location === undefined ? (
        <Empty title="Which place?">
          <p>
            Name one, or choose it in the <a href={hrefOf('fleet')}>fleet</a>. Answered from what events told, within a
            second of a change, at no cost to the hub.
          </p>
        </Empty>
      ) : (
        <Members location={location} connectivity={connectivity} />
      )}
    </>
  );
}

function Members({ location, connectivity }: { location: string; connectivity: string | undefined }) {
  const [standing, setStanding] = useState<Standing>();
  const pages = usePages<Row>(
    JSON.stringify([location, connectivity]),
    async (continuation, signal) => {
      const query = { location, connectivity, continuation, limit: pageSize };
      const { value } = await ask(members, 'locations/devices', { query, signal });
      setStanding(value);
      const items = value.devices.map((each) => ({
        deviceId: each.deviceId,
        cells: [each.connectivity, each.since],
      }));
      return { items, continuation: value.continuation };
    },
    { isAutomatic: true },
  );
  return (
    <>
      {standing && (
        <p>
          {standing.comparedAt === null ? (
            <span class="fresh is-stale">
              <b>Not whole yet:</b> {formatShare(standing.filled, 1)} of the devices that were there before the app are
              taken in
            </span>
          ) : (
            <Fresh
              what="As events told; last compared with all twins"
              at={standing.comparedAt}
              staleAfterMs={staleAfterMs}
            />
          )}
        </p>
      )}
      {pages.isMore === false && pages.items.length === 0 ? (
        <Empty title="No device is there">
          <p>Names go by their text, to the letter.</p>
        </Empty>
      ) : (
        <DeviceList
          pages={pages}
          columns={['connectivity', 'since']}
          cost="One request of the app's tables each; the hub is not asked."
          pageSize={pageSize}
          command={toCommand('members', { connectivity, all: true }, [location])}
        />
      )}
    </>
  );
}
