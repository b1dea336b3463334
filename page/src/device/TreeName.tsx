import { Text } from '../ui/parts';
import type { Line } from './tree';

interface Props {
  line: Line;
  folded: ReadonlySet<string>;
  fold(folded: ReadonlySet<string>): void;
}

/** The name of a line at its depth; what has more below it can be folded. */
export function TreeName({ line: { path, hasMore }, folded, fold }: Props) {
  const key = JSON.stringify(path);
  const isFolded = folded.has(key);
  const name = path.at(-1) ?? '';
  const toggle = () => fold(new Set(isFolded ? [...folded].filter((each) => each !== key) : [...folded, key]));
  return (
    <th scope="row" style={{ '--depth': path.length - 1 }}>
      {hasMore ? (
        <button type="button" class="fold" aria-expanded={!isFolded} onClick={toggle}>
          <Text of={name} />
        </button>
      ) : (
        <span class="leaf">
          <Text of={name} />
        </span>
      )}
    </th>
  );
}
