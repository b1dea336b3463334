import type { Outcome } from '../api/schemas';
import { hrefOf } from '../route';
import { Text } from '../ui/parts';
import { VirtualRows } from '../ui/VirtualRows';

const words: Readonly<Record<string, string>> = {
  succeeded: 'written',
  failed: 'failed',
  pending: 'to come',
  notReached: 'not reached',
};

/** What became of each device. */
export function Outcomes({ outcomes }: { outcomes: readonly Outcome[] }) {
  return (
    <VirtualRows
      label="Outcomes"
      columns="minmax(12rem, 1fr) 7rem 5rem minmax(12rem, 2fr)"
      head={['Device', 'Outcome', 'Status', 'Why']}
      count={outcomes.length}
      row={(index) => {
        const { deviceId, outcome, status, detail } = outcomes[index] as Outcome;
        return {
          key: deviceId,
          cells: [
            <a key="id" href={hrefOf('device', { id: deviceId })}>
              <Text of={deviceId} />
            </a>,
            <span key="outcome" class={`tag is-${outcome}`}>
              {words[outcome] ?? outcome}
            </span>,
            status || '',
            detail && <Text key="detail" of={detail} />,
          ],
        };
      }}
    />
  );
}
