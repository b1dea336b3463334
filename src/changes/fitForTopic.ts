import { changedSections } from './changedPaths';
import { type TopicEvent, toTopicEvent } from './topicEvent';
import type { TwinChange, TwinEvent } from './twinEvent';

/** Most bytes of an event: Event Grid bills by 64 KB, and a full twin (32 + 32 + 8 KB) has more. */
const maxEventBytes = 64 * 1024;

/** Most bytes of the one request in which the output binding sends a batch: 1 MB (Event Grid), less its envelope. */
const maxBatchBytes = 1024 * 1024 - 4096;

/**
 * Makes of a batch's events those of the topic, and fits them into one request to the topic, in their order. Where they are too large, sections of
 * twins are emptied, the largest first, and their events say `truncated`: what changed is still told by section and
 * version, and a reader can get the twin. Refused by its size, a batch would be refused at every retry.
 */
export function fitForTopic(events: readonly TwinEvent[]): TopicEvent[] {
  const sized = events.map((event) => fitAlone(measure(event)));
  let total = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const each of [...sized].sort((a, b) => b.bytes - a.bytes)) {
    for (let smaller = shrink(each); smaller && total > maxBatchBytes; smaller = shrink(each)) {
      total += smaller.bytes - each.bytes;
      Object.assign(each, smaller);
    }
  }
  return sized.map(({ topic }) => topic);
}

/** The event alone as it would go to the topic: the same whatever its neighbours are. */
export function fitEvent(event: TwinEvent): TwinEvent {
  return fitAlone(measure(event)).event;
}

interface Sized {
  event: TwinEvent;
  /** The event as it goes to the topic. */
  topic: TopicEvent;
  bytes: number;
}

function fitAlone(event: Sized): Sized {
  const smaller = event.bytes > maxEventBytes ? shrink(event) : undefined;
  return smaller ? fitAlone(smaller) : event;
}

/** The event without the values of its largest section; undefined where none has any. */
function shrink({ event }: Sized): Sized | undefined {
  if (event.type !== 'DeviceTwins.TwinChanged') return undefined;
  const section = largestSection(event.data);
  return section && measure({ ...event, data: { ...event.data, [section]: {}, truncated: true as const } });
}

function largestSection(change: TwinChange) {
  const [largest] = changedSections(change)
    .filter((section) => Object.keys(change[section] ?? {}).length > 0)
    .map((section) => ({ section, bytes: encodedBytes(change[section]) }))
    .sort((a, b) => b.bytes - a.bytes);
  return largest?.section;
}

function measure(event: TwinEvent): Sized {
  const topic = toTopicEvent(event);
  return { event, topic, bytes: encodedBytes(topic) };
}

/** Upper bound of the bytes of a value as JSON, comma included: some writers escape more than they must. */
function encodedBytes(value: unknown): number {
  return JSON.stringify(value).replace(/[^ -~]|[<>&'+`]|\\"/g, '\\u0000').length + 1;
}
