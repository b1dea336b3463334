import { useState } from 'preact/hooks';
import { formatNumber, formatShare } from '../logic/words';
import { hrefOf } from '../route';
import { Name } from '../ui/parts';
import type { Matrix } from './matrix';

/** So many locations are shown before somebody asks for all. */
const mostRows = 30;

/** Location × connectivity, each number with its share and the way to its devices. */
export function MatrixTable({ matrix }: { matrix: Matrix }) {
  const [isAll, setAll] = useState(false);
  const { connectivities, devices } = matrix;
  const rows = isAll ? matrix.rows : matrix.rows.slice(0, mostRows);
  const most = Math.max(1, ...matrix.rows.flatMap(({ cells }) => cells.map((count) => count ?? 0)));
  const share = (count: number | undefined) => formatShare(count ?? 0, devices);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Devices by location and connectivity">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">Location</th>
            {connectivities.map((connectivity) => (
              <th scope="col" key={connectivity}>
                <Name of={connectivity} none="not known" />
              </th>
            ))}
            <th scope="col">All</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.location}>
              <th scope="row">
                <a href={linkOf(row.location)}>
                  <Name of={row.location} none="no location" />
                </a>
              </th>
              {row.cells.map((count, index) => (
                <td key={connectivities[index]} style={{ '--share': (count ?? 0) / most }}>
                  {count === undefined ? (
                    <span class="muted">·</span>
                  ) : (
                    <a href={linkOf(row.location, connectivities[index])}>
                      {formatNumber(count)} <small>{share(count)}</small>
                    </a>
                  )}
                </td>
              ))}
              <td class="sum">
                {formatNumber(row.devices)} <small>{share(row.devices)}</small>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {matrix.rows.length > rows.length && (
        <button type="button" class="quiet" onClick={() => setAll(true)}>
          Show all {formatNumber(matrix.rows.length)} locations
        </button>
      )}
    </div>
  );
}

/** The members have those with a location; the others are found by a condition. */
function linkOf(location: string | null, connectivity?: string | null): string {
  if (location !== null && connectivity !== null) {
    return hrefOf('devices', { by: 'place', location, connectivity }, ['location']);
  }
  const words = [
    location === null ? 'not is_defined(location)' : `location = ${JSON.stringify(location)}`,
    ...(connectivity === null ? ['not is_defined(connectivity)'] : []),
    ...(typeof connectivity === 'string' ? [`connectivity = ${JSON.stringify(connectivity)}`] : []),
  ];
  return hrefOf('devices', { by: 'condition', filter: words.join(' and ') });
}
