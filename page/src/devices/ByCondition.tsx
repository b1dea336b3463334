import { useState } from 'preact/hooks';
import { ask } from '../api/client';
import { devices } from '../api/schemas';
import { toCommand } from '../logic/shell';
import { formatNumber } from '../logic/words';
import { amend, hrefOf, route } from '../route';
import { Empty, Fresh } from '../ui/parts';
import { usePages } from '../ui/usePages';
import { ConditionField } from './ConditionField';
import { DeviceList } from './DeviceList';
import { cellOf, type Row, splitFields } from './row';

const pageSize = 100;
/** The hub's index follows the twins by seconds; after a while what was read says little about now. */
const staleAfterMs = 30 * 60_000;

const cost = `Each page of ${pageSize} is one of the 20 queries that a unit of S1 answers in a minute, and takes messages of the day by its size.`;

/** Devices that meet a condition, as the hub's query index has them: page by page, and only on request. */
export function ByCondition() {
  const { query } = route.value;
  const filter = query.get('filter') ?? '';
  const fields = query.get('fields') ?? '';
  const [words, setWords] = useState(filter);
  const [chosenFields, setFields] = useState(fields);
  const [counted, setCounted] = useState<{ count: number | undefined; askedAt: string }>();
  const columns = splitFields(fields);
  const pages = usePages<Row>(JSON.stringify([filter, fields]), async (continuation, signal) => {
    const { value } = await ask(devices, 'devices', {
      query: {
        filter: filter || undefined,
        fields: fields || undefined,
        limit: pageSize,
        continuation,
        ...(continuation === undefined ? { count: true } : {}),
      },
      signal,
    });
    const { askedAt } = value.freshness;
    setCounted((before) => ({ count: value.count ?? before?.count, askedAt }));
    const items = value.devices.map((device) => ({
      deviceId: device.deviceId,
      cells: [device.location, device.connectivity, ...columns.map((field) => cellOf(device as never, field))],
    }));
    return { items, continuation: value.continuation };
  });
  const isAsked = words.trim() === filter && chosenFields.trim() === fields;
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isAsked) pages.readOn();
          else amend(hrefOf('devices', { by: 'condition', filter: words.trim(), fields: chosenFields.trim() }));
        }}
      >
        <ConditionField words={words} change={setWords} />
        <div class="fields">
          <label>
            Columns besides
            <input
              value={chosenFields}
              onInput={(event) => setFields(event.currentTarget.value)}
              placeholder="tags.site.floor, properties.reported.battery"
              autocomplete="off"
            />
          </label>
          {!isAsked && (
            <button type="submit" class="primary">
              Take this condition
            </button>
          )}
        </div>
      </form>
      {isAsked && pages.read === 0 && !pages.isLoading && !pages.error && (
        <Empty title={filter === '' ? 'The whole fleet, page by page' : 'Ready to ask the hub'}>
          <p>{cost} The first asks for the number of all, too.</p>
          <button type="button" class="primary" onClick={() => pages.readOn()}>
            Ask the hub
          </button>
        </Empty>
      )}
      {counted && pages.read > 0 && (
        <p>
          {counted.count !== undefined && <b>{formatNumber(counted.count)} meet this. </b>}
          <Fresh what="The query index, asked" at={counted.askedAt} staleAfterMs={staleAfterMs} />{' '}
          {filter !== '' && <a href={hrefOf('tagging', { by: 'condition', filter })}>Tag all that meet this</a>}
        </p>
      )}
      {(pages.read > 0 || pages.isLoading || pages.error) &&
        (pages.isMore === false && pages.items.length === 0 ? (
          <Empty title="No device meets this">
            <p>The index lags behind the twins by seconds, at times by half an hour.</p>
          </Empty>
        ) : (
          <DeviceList
            pages={pages}
            columns={['location', 'connectivity', ...columns]}
            cost={cost}
            pageSize={pageSize}
            command={toCommand('query', { where: filter, fields, all: true })}
          />
        ))}
    </>
  );
}
