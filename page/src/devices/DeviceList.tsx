import { useState } from 'preact/hooks';
import { toCsv } from '../logic/csv';
import { plural } from '../logic/words';
import { go, hrefOf } from '../route';
import { chosenDevices } from '../tagging/chosen';
import { Copy, download, Failure, Loading, Moment, Text, Value } from '../ui/parts';
import type { Pages } from '../ui/usePages';
import { VirtualRows } from '../ui/VirtualRows';
import type { Row } from './row';

interface Props {
  pages: Pages<Row>;
  columns: readonly string[];
  /** What one more page takes. */
  cost: string;
  pageSize: number;
  command: string;
}

/** The devices that were read so far, to look at, choose, export and tag. */
export function DeviceList({ pages, columns, cost, pageSize, command }: Props) {
  const { items, isLoading, error, isMore, readOn } = pages;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (id: string, isChosen: boolean) =>
    setChosen((before) => new Set(isChosen ? [...before, id] : [...before].filter((each) => each !== id)));
  const tag = () => {
    chosenDevices.value = [...chosen];
    go(hrefOf('tagging', { by: 'list' }));
  };
  const save = () =>
    download(
      'devices.csv',
      'text/csv',
      toCsv(
        ['deviceId', ...columns],
        items.map(({ deviceId, cells }) => [deviceId, ...cells]),
      ),
    );
  return (
    <>
      <div class="head">
        <p class="fresh" role="status">
          {isLoading ? 'Reading…' : `${plural(items.length, 'device')}${isMore ? ' so far' : ''}`}
          {chosen.size > 0 && `, ${chosen.size} chosen`}
        </p>
        <div class="actions">
          <button type="button" class="primary" disabled={chosen.size === 0} onClick={tag}>
            Tag the chosen
          </button>
          <button type="button" onClick={() => setChosen(new Set(items.map(({ deviceId }) => deviceId)))}>
            Choose all
          </button>
          <button type="button" disabled={chosen.size === 0} onClick={() => setChosen(new Set())}>
            Choose none
          </button>
          <button type="button" disabled={items.length === 0} onClick={save}>
            Export as CSV
          </button>
          <Copy text={command}>Copy as command</Copy>
        </div>
      </div>
      {error && <Failure error={error} retry={() => readOn()} isBeside={items.length > 0} />}
      {items.length === 0 && isLoading && <Loading what="devices" />}
      {items.length > 0 && (
        <VirtualRows
          label="Devices"
          columns={`2rem minmax(12rem, 2fr) repeat(${columns.length}, minmax(7rem, 1fr))`}
          head={[
            <span key="choose" class="hidden">
              Choose
            </span>,
            'Device',
            ...columns,
          ]}
          count={items.length}
          row={(index) => {
            const { deviceId, cells } = items[index] as Row;
            return {
              key: deviceId,
              cells: [
                <input
                  key="choose"
                  type="checkbox"
                  aria-label={`Choose ${deviceId}`}
                  checked={chosen.has(deviceId)}
                  onChange={(event) => choose(deviceId, event.currentTarget.checked)}
                />,
                <a key="id" href={hrefOf('device', { id: deviceId })}>
                  <Text of={deviceId} />
                </a>,
                ...cells.map((cell, at) =>
                  columns[at] === 'since' ? (
                    <Moment key="since" of={String(cell)} />
                  ) : (
                    <Value key={columns[at]} of={cell} />
                  ),
                ),
              ],
            };
          }}
        />
      )}
      {isMore && (
        <p class="actions">
          <button type="button" disabled={isLoading} onClick={() => readOn()}>
            Read {plural(pageSize, 'more device')}
          </button>
          <button type="button" disabled={isLoading} onClick={() => readOn(10)}>
            Read ten pages
          </button>
          <span class="muted">{cost}</span>
        </p>
      )}
    </>
  );
}
