import { ByCondition } from '../devices/ByCondition';
import { ByPlace } from '../devices/ByPlace';
import { hrefOf, route } from '../route';

export function Devices() {
  const by = route.value.query.get('by') === 'condition' ? 'condition' : 'place';
  return (
    <>
      <div class="head">
        <h1>Devices</h1>
        <nav class="segments" aria-label="How to find them">
          <a href={hrefOf('devices', { by: 'place' })} aria-current={by === 'place' ? 'page' : undefined}>
            By place
          </a>
          <a href={hrefOf('devices', { by: 'condition' })} aria-current={by === 'condition' ? 'page' : undefined}>
            By condition
          </a>
        </nav>
        <p class="muted">By its id: in the field above, from everywhere.</p>
      </div>
      {by === 'condition' ? <ByCondition /> : <ByPlace />}
    </>
  );
}
