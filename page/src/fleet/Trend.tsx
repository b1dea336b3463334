import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNumber } from '../logic/words';
import { Loading, Text } from '../ui/parts';
import type { Line } from './matrix';

interface Props {
  title: string;
  times: readonly string[];
  lines: readonly Line[];
}

/** Lines over time, with a legend that says in numbers what the plot shows: for whoever cannot see it, too. */
export function Trend({ title, times, lines }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading');
  useEffect(() => {
    let stop = () => {};
    let isGone = false;
    // Loaded where it is shown: the library is half of all the script that this page has.
    import('./plot').then(
      ({ drawPlot }) => {
        if (isGone || !place.current) return;
        stop = drawPlot(place.current, times, lines);
        setState('shown');
      },
      () => setState('failed'),
    );
    return () => {
      isGone = true;
      stop();
    };
  }, [times, lines]);
  return (
    <figure class="trend">
      <figcaption>{title}</figcaption>
      {state === 'loading' && <Loading what="the plot" />}
      {state === 'failed' && <p class="muted">The plot could not be loaded; the numbers stand below.</p>}
      <div ref={place} class="plot" aria-hidden="true" />
      <table class="legend">
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Now</th>
            <th scope="col">Change</th>
            <th scope="col">Lowest</th>
            <th scope="col">Highest</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line, index) => (
            <LegendRow key={line.label} line={line} index={index} />
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function LegendRow({ line: { label, values }, index }: { line: Line; index: number }) {
  const known = values.filter((value) => value !== null);
  const [first = 0] = known;
  const last = known.at(-1) ?? 0;
  return (
    <tr>
      <th scope="row">
        <span class={`swatch is-${index}`} aria-hidden="true" />
        <Text of={label} />
      </th>
      <td>{formatNumber(last)}</td>
      <td>{last === first ? '±0' : `${last > first ? '+' : '−'}${formatNumber(Math.abs(last - first))}`}</td>
      <td>{formatNumber(Math.min(...known, last))}</td>
      <td>{formatNumber(Math.max(...known, last))}</td>
    </tr>
  );
}
