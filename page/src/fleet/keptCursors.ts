import { type KeptCursor, withCursor } from './cursors';

const item = 'feed-cursors';

/** What earlier visits of this browser have kept. */
export function kept(): KeptCursor[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(item) ?? '[]');
    return Array.isArray(read) ? read.filter(isKept) : [];
  } catch {
    return [];
  }
}

export function keepCursor(cursor: string): void {
  localStorage.setItem(item, JSON.stringify(withCursor(kept(), cursor, Date.now())));
}

function isKept(value: unknown): value is KeptCursor {
  if (typeof value !== 'object' || value === null) return false;
  return 'at' in value && typeof value.at === 'number' && 'cursor' in value && typeof value.cursor === 'string';
}
