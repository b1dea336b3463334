import type { JsonObject } from '../api/schemas';
import { isSame } from '../logic/json';
import { meetings } from '../logic/mergePatch';
import { Text, Value } from '../ui/parts';

interface Props {
  /** As they were read, and as they are now. */
  before: JsonObject;
  now: JsonObject;
  patch: JsonObject;
  keepOurs(): void;
  takeTheirs(): void;
}

/** Why an edit was refused: what somebody else has changed meanwhile, beside what was to be sent. */
export function Conflict({ before, now, patch, keepOurs, takeTheirs }: Props) {
  const met = meetings(before, now, patch);
  const isTagsAlone = met.every((each) => isSame(each.before, each.now));
  return (
    <div class="note is-bad" role="alert">
      <h3>Somebody else was faster</h3>
      <p>
        The twin has changed since you read it, so nothing of yours was written.{' '}
        {isTagsAlone ? 'None of its tags has: the change was in its properties.' : 'This is what differs:'}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Tag</th>
            <th scope="col">When you read it</th>
            <th scope="col">Now</th>
            <th scope="col">Yours</th>
          </tr>
        </thead>
        <tbody>
          {met.map(({ path, before: was, now: is, ours }) => (
            <tr key={JSON.stringify(path)} class={isSame(was, is) || isSame(is, ours) ? '' : 'is-edited'}>
              <th scope="row">
                <Text of={path.join('.')} />
              </th>
              <td>
                <Value of={was} />
              </td>
              <td>
                <Value of={is} />
              </td>
              <td>
                <Value of={ours} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="actions">
        <button type="button" class="primary" onClick={keepOurs}>
          Put mine on top of what is there now
        </button>
        <button type="button" onClick={takeTheirs}>
          Discard mine
        </button>
      </div>
    </div>
  );
}
