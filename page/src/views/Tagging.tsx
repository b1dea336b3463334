import { useState } from 'preact/hooks';
import { ConditionField } from '../devices/ConditionField';
import { plural } from '../logic/words';
import { hrefOf, route } from '../route';
import { CellFields } from '../tagging/CellFields';
import { chosenDevices } from '../tagging/chosen';
import { TrialResult } from '../tagging/TrialResult';
import { type Form, faultOf, idsOf, toRequest, type Way } from '../tagging/tagRequest';
import { useTrial } from '../tagging/useTrial';
import { Text } from '../ui/parts';
import { ReasonField } from '../ui/ReasonField';

const ways: readonly (readonly [Way, string])[] = [
  ['list', 'A list'],
  ['file', 'A file'],
  ['condition', 'A condition'],
];

export function Tagging() {
  const { query } = route.value;
  const by = ways.find(([way]) => way === query.get('by'))?.[0] ?? 'list';
  const [form, setForm] = useState<Omit<Form, 'by'>>(() => ({
    ids: chosenDevices.value.join('\n'),
    file: undefined,
    words: query.get('filter') ?? '',
    cells: [{ name: '', value: '' }],
    reason: '',
    engine: '',
  }));
  const [fault, setFault] = useState<string>();
  const trial = useTrial('tagJobs');
  const set = (part: Partial<Form>) => {
    trial.forget();
    setFault(undefined);
    setForm((before) => ({ ...before, ...part }));
  };
  const tryOut = () => {
    const whole = { ...form, by };
    const found = faultOf(whole);
    setFault(found);
    if (found === undefined) trial.tryOut(toRequest(whole));
  };
  return (
    <>
      <div class="head">
        <h1>Tagging</h1>
        <nav class="segments" aria-label="How to name devices">
          {ways.map(([way, title]) => (
            <a
              key={way}
              href={hrefOf('tagging', { by: way })}
              aria-current={way === by ? 'page' : undefined}
              onClick={() => {
                trial.forget();
                setFault(undefined);
              }}
            >
              {title}
            </a>
          ))}
        </nav>
        <a href={hrefOf('jobs')}>All jobs</a>
      </div>
      <form
        class="tagging"
        onSubmit={(event) => {
          event.preventDefault();
          tryOut();
        }}
      >
        <Devices by={by} form={form} set={set} />
        {by !== 'file' && <CellFields cells={form.cells} change={(cells) => set({ cells })} />}
        <div class="fields">
          <ReasonField
            label="Why (kept with each change)"
            value={form.reason}
            change={(reason) => set({ reason })}
            isWide
          />
          <label>
            Who does it
            <select
              value={form.engine}
              onChange={(event) => set({ engine: event.currentTarget.value as Form['engine'] })}
            >
              <option value="">whoever fits</option>
              <option value="direct">the app, at once</option>
              <option value="queue">the app, by its queue</option>
              {by === 'condition' && <option value="hubJob">a job of the hub</option>}
            </select>
          </label>
          <button type="submit" class={trial.tried ? '' : 'primary'} disabled={trial.isBusy}>
            {trial.isBusy && !trial.tried ? 'Trying…' : 'Dry run'}
          </button>
        </div>
      </form>
      {fault !== undefined && (
        <p class="note is-bad" role="alert">
          <Text of={fault} />
        </p>
      )}
      <TrialResult trial={trial} label="Tag them" />
    </>
  );
}

function Devices({ by, form, set }: { by: Way; form: Omit<Form, 'by'>; set(part: Partial<Form>): void }) {
  if (by === 'condition') return <ConditionField words={form.words} change={(words) => set({ words })} />;
  if (by === 'file') {
    return (
      <label>
        CSV or NDJSON, up to 8 MB
        <input
          type="file"
          accept=".csv,.ndjson,.jsonl"
          onChange={(event) => set({ file: event.currentTarget.files?.[0] })}
        />
        <small class="muted">
          A header and a device a line: <code>deviceId,plant,tags.site.floor</code>. What an export has can be sent
          back.
        </small>
      </label>
    );
  }
  return (
    <label>
      Devices, an id a line <small class="muted">{plural(idsOf(form.ids).length, 'device')}</small>
      <textarea
        class="code"
        rows={6}
        value={form.ids}
        spellcheck={false}
        onInput={(event) => set({ ids: event.currentTarget.value })}
      />
    </label>
  );
}
