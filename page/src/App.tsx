import { useEffect, useRef } from 'preact/hooks';
import { key, keyAsked } from './api/key';
import { KeyEntry } from './KeyEntry';
import { go, hrefOf, route } from './route';
import { Empty } from './ui/parts';
import { Device } from './views/Device';
import { Devices } from './views/Devices';
import { Fleet } from './views/Fleet';
import { Job } from './views/Job';
import { Jobs } from './views/Jobs';
import { Live } from './views/Live';
import { Tagging } from './views/Tagging';

const views = { fleet: Fleet, live: Live, devices: Devices, device: Device, tagging: Tagging, jobs: Jobs, job: Job };

/** Where each view stands in the navigation. */
const places = [
  ['fleet', 'Fleet', ['fleet']],
  ['live', 'Live', ['live']],
  ['devices', 'Devices', ['devices', 'device']],
  ['tagging', 'Tagging', ['tagging']],
  ['jobs', 'Jobs', ['jobs', 'job']],
] as const;

export function App() {
  const { view } = route.value;
  const main = useRef<HTMLElement>(null);
  const View = Object.hasOwn(views, view) ? views[view as keyof typeof views] : NotHere;
  const place = places.find(([, , names]) => (names as readonly string[]).includes(view));
  useEffect(() => {
    document.title = `${place?.[1] ?? 'Not here'} · Device twins`;
  }, [place]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        To the content
      </button>
      <header class="bar">
        <span class="brand">Device twins</span>
        <nav aria-label="Views">
          {places.map(([name, title]) => (
            <a key={name} href={hrefOf(name)} aria-current={name === place?.[0] ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <FindDevice />
        {key.value !== '' && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              keyAsked.value = 'missing';
            }}
          >
            Key
          </button>
        )}
      </header>
      <main ref={main} tabIndex={-1} class={`view is-${view}`}>
        <View />
      </main>
      <KeyEntry />
    </>
  );
}

/** From everywhere to a device whose id is known. */
function FindDevice() {
  return (
    <form
      class="find"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const id = new FormData(event.currentTarget).get('id');
        if (typeof id === 'string' && id.trim() !== '') go(hrefOf('device', { id: id.trim() }));
        event.currentTarget.reset();
      }}
    >
      <input name="id" type="search" aria-label="Open a device by its id" placeholder="Device id…" autocomplete="off" />
    </form>
  );
}

function NotHere() {
  return (
    <Empty title="There is no such view">
      <p>
        <a href={hrefOf('fleet')}>To the fleet</a>
      </p>
    </Empty>
  );
}
