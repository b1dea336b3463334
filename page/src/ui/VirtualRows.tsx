import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface Props {
  label: string;
  /** Widths of the columns, as `grid-template-columns`. */
  columns: string;
  head: readonly ComponentChildren[];
  count: number;
  row(index: number): { key: string; cells: readonly ComponentChildren[]; class?: string };
  /** Said after the last row. */
  foot?: ComponentChildren;
}

/** Of a row, in pixels; `--row` of the style sheet. */
const rowHeight = 32;
/** Rows beyond the edges, so that the next ones are there before they are seen. */
const spare = 12;

/** A table of any length, of which the document has what can be seen. */
export function VirtualRows({ label, columns, head, count, row, foot }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [{ first, seen }, setWindow] = useState({ first: 0, seen: 40 });
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => {
      const next = {
        first: Math.max(0, Math.floor(element.scrollTop / rowHeight) - spare),
        seen: Math.ceil(element.clientHeight / rowHeight) + 2 * spare,
      };
      setWindow((before) => (before.first === next.first && before.seen === next.seen ? before : next));
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  const from = Math.min(first, Math.max(0, count - seen));
  const shown = Array.from({ length: Math.min(seen, count - from) }, (_, index) => from + index);
  return (
    <div class="rows" ref={scroller} tabIndex={0} role="region" aria-label={label} style={{ '--columns': columns }}>
      <div role="table" aria-label={label} aria-rowcount={count + 1}>
        <div role="rowgroup" class="rows-head">
          <div role="row" aria-rowindex={1} class="row">
            {head.map((each, index) => (
              <div role="columnheader" key={index}>
                {each}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" class="rows-body" style={{ height: `${count * rowHeight}px` }}>
          {shown.map((index) => {
            const { key, cells, class: kind = '' } = row(index);
            return (
              <div
                role="row"
                key={key}
                aria-rowindex={index + 2}
                class={`row ${kind}`}
                style={{ transform: `translateY(${index * rowHeight}px)` }}
              >
                {cells.map((cell, at) => (
                  <div role="cell" key={at}>
                    {cell}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {foot && <div class="rows-foot">{foot}</div>}
    </div>
  );
}
