import { useState } from 'preact/hooks';
import { ApiError } from '../api/apiError';
import { ask } from '../api/client';
import { type Json, type JsonObject, type Twin, tagged, twin as twinSchema } from '../api/schemas';
import { fromText, isObject, isSame, kindOf, toText } from '../logic/json';
import { merge, patchBetween, valueAt, withValue } from '../logic/mergePatch';
import { Empty, Failure, Value } from '../ui/parts';
import { Conflict } from './Conflict';
import { Patch } from './Patch';
import { TreeName } from './TreeName';
import { linesOf } from './tree';

interface Props {
  of: Twin;
  /** Told when the twin was written, or read anew. */
  changed(): void;
}

/** The tags, edited where they stand: what is sent is a merge patch, shown before it goes, for the version that was read. */
export function Tags({ of, changed }: Props) {
  // What the edit began with stays until it is sent or given up, whatever is read meanwhile.
  const [base, setBase] = useState(of);
  const [draft, setDraft] = useState<JsonObject>();
  const [conflict, setConflict] = useState<Twin>();
  const [error, setError] = useState<ApiError>();
  const [isSending, setSending] = useState(false);
  const current = draft === undefined ? of : base;
  const tags = current.tags ?? {};
  const shown = draft ?? tags;
  const patch = patchBetween(tags, shown);
  const edit = (path: readonly string[], value: Json | undefined) => {
    if (draft === undefined) setBase(of);
    setDraft(withValue(shown, path, value));
  };
  const giveUp = () => {
    setDraft(undefined);
    setConflict(undefined);
    setError(undefined);
  };
  const send = async (reason: string) => {
    setSending(true);
    setError(undefined);
    const path = `devices/${encodeURIComponent(current.deviceId)}`;
    try {
      await ask(tagged, `${path}/tags`, {
        method: 'PATCH',
        json: patch,
        // Tags that are called so, and no twin.
        query: { allow: isObject(patch.tags) ? 'tags' : undefined, reason: reason || undefined },
        headers: { 'if-match': `"${current.etag}"` },
      });
      giveUp();
      changed();
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      if (thrown.kind === 'changed') await ask(twinSchema, path).then(({ value }) => setConflict(value), setError);
      else setError(thrown);
    } finally {
      setSending(false);
    }
  };
  return (
    <section aria-labelledby="tags">
      <div class="head">
        <h2 id="tags">Tags</h2>
      </div>
      <TagTable tags={tags} shown={shown} edit={edit} />
      {error && <Failure error={error} isBeside />}
      {conflict ? (
        <Conflict
          before={tags}
          now={conflict.tags ?? {}}
          patch={patch}
          keepOurs={() => {
            setBase(conflict);
            setDraft(merge(conflict.tags, patch));
            setConflict(undefined);
          }}
          takeTheirs={() => {
            giveUp();
            changed();
          }}
        />
      ) : (
        Object.keys(patch).length > 0 && <Patch patch={patch} isSending={isSending} send={send} giveUp={giveUp} />
      )}
    </section>
  );
}

function TagTable({
  tags,
  shown,
  edit,
}: {
  tags: JsonObject;
  shown: JsonObject;
  edit(path: readonly string[], value: Json | undefined): void;
}) {
  const [folded, fold] = useState<ReadonlySet<string>>(new Set());
  // What was removed is shown until that is sent.
  const lines = linesOf([tags, shown], folded);
  return (
    <>
      {lines.length === 0 && <Empty title="No tags yet" />}
      {lines.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Tags">
          <table class="tree">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Value</th>
                <th scope="col">
                  <span class="hidden">What to do with it</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => {
                const [was, is] = [valueAt(tags, line.path), valueAt(shown, line.path)];
                return (
                  <tr key={JSON.stringify(line.path)} class={isSame(was, is) || isObject(is) ? '' : 'is-edited'}>
                    <TreeName line={line} folded={folded} fold={fold} />
                    <td>
                      {line.hasMore ? null : is === undefined ? (
                        <s>
                          <Value of={was} />
                        </s>
                      ) : (
                        <TagValue path={line.path} value={is} edit={edit} />
                      )}
                    </td>
                    <td class="actions">
                      {is === undefined ? (
                        <button type="button" class="quiet" onClick={() => edit(line.path, was)}>
                          Keep {line.path.join('.')}
                        </button>
                      ) : (
                        <button
                          type="button"
                          class="quiet"
                          aria-label={`Remove ${line.path.join('.')}`}
                          onClick={() => edit(line.path, undefined)}
                        >
                          Remove
                        </button>
                      )}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      <AddTag add={edit} />
    </>
  );
}

/** A value as text by the rule of a CSV's cells; its kind stands beside it, so that `43` and `"43"` are told apart. */
function TagValue({ path, value, edit }: { path: string[]; value: Json; edit(path: string[], value: Json): void }) {
  const [text, setText] = useState<string>();
  const typed = text === undefined ? value : fromText(text);
  return (
    <span class="edit">
      <input
        aria-label={path.join('.')}
        class="code"
        value={text ?? toText(value)}
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={() => {
          // A tag cannot be null: that removes it, and there is a button for it.
          if (text !== undefined && typed !== null) edit(path, typed);
          setText(undefined);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
          if (event.key === 'Escape') setText(undefined);
        }}
      />
      <small class="muted">{kindOf(typed)}</small>
    </span>
  );
}

function AddTag({ add }: { add(path: string[], value: Json): void }) {
  return (
    <form
      class="fields"
      aria-label="Add a tag"
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const path = String(data.get('path')).trim().split('.').filter(Boolean);
        const value = fromText(String(data.get('value')));
        if (path.length === 0 || value === null) return;
        add(path, value);
        event.currentTarget.reset();
      }}
    >
      <label>
        New tag
        <input name="path" placeholder="site.floor" autocomplete="off" required />
      </label>
      <label>
        Value
        <input name="value" class="code" placeholder="3" autocomplete="off" spellcheck={false} required />
      </label>
      <button type="submit">Add</button>
    </form>
  );
}
