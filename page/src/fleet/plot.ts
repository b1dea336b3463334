import uPlot from 'uplot';
import { visible } from '../../../src/visible';
import { formatNumber } from '../logic/words';
import type { Line } from './matrix';

const height = 190;

/** Draws lines over time, in the colours of the style sheet; answers what takes the plot away. */
export function drawPlot(place: HTMLElement, times: readonly string[], lines: readonly Line[]): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let plot = make(place, times, lines);
  const again = () => {
    plot.destroy();
    plot = make(place, times, lines);
  };
  dark.addEventListener('change', again);
  const observer = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }));
  observer.observe(place);
  return () => {
    dark.removeEventListener('change', again);
    observer.disconnect();
    plot.destroy();
  };
}

function make(place: HTMLElement, times: readonly string[], lines: readonly Line[]): uPlot {
  const style = getComputedStyle(place);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--muted'),
    font: `11px ${style.fontFamily}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width: place.clientWidth,
      height,
      legend: { show: false },
      cursor: { y: false, drag: { x: false } },
      scales: { y: { range: (_, least, most) => rangeOf(least, most) } },
      axes: [
        { ...axis, size: 30, values: (_, at) => labelsOf(at) },
        { ...axis, size: 56, values: (_, values) => values.map((value) => formatNumber(value)) },
      ],
      series: [
        {},
        ...lines.map(({ label }, index) => ({
          label: visible(label),
          stroke: colour(`--line-${index}`),
          width: 2,
          points: { show: times.length < 3 },
        })),
      ],
    },
    [times.map((time) => Date.parse(time) / 1000), ...lines.map(({ values }) => [...values])],
    place,
  );
}

/** Counts are whole, and one that stands still is a line in the middle. */
function rangeOf(least: number | null, most: number | null): [number, number] {
  const [low, high] = [least ?? 0, most ?? 1];
  const room = Math.max(1, Math.ceil((high - low) * 0.1));
  return [Math.max(0, low - room), high + room];
}

const hours = new Intl.DateTimeFormat(undefined, { timeStyle: 'short', hourCycle: 'h23' });
const days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** Hours, and where they lie far apart or a day begins, days. */
function labelsOf(seconds: readonly number[]): string[] {
  const apart = (seconds[1] ?? 0) - (seconds[0] ?? 0);
  return seconds.map((each) => {
    const date = new Date(each * 1000);
    return (apart >= 24 * 3600 || date.getHours() + date.getMinutes() === 0 ? days : hours).format(date);
  });
}
