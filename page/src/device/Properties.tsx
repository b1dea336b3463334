import { useState } from 'preact/hooks';
import type { Twin } from '../api/schemas';
import { isObject } from '../logic/json';
import { valueAt } from '../logic/mergePatch';
import { Age, Empty, Value } from '../ui/parts';
import { TreeName } from './TreeName';
import { comparison, linesOf, writtenAt } from './tree';

const said = { same: 'as desired', differs: 'differs', unsaid: 'not reported' };

/** What is wanted of the device beside what it says of itself. */
export function Properties({ of: { properties } }: { of: Twin }) {
  const [folded, fold] = useState<ReadonlySet<string>>(new Set());
  const { desired = {}, reported = {} } = properties ?? {};
  const lines = linesOf([desired, reported], folded);
  return (
    <section aria-labelledby="properties">
      <div class="head">
        <h2 id="properties">Properties</h2>
        <span class="fresh">
          desired version {Number(desired.$version ?? 1)}, reported version {Number(reported.$version ?? 1)}
        </span>
      </div>
      {lines.length === 0 ? (
        <Empty title="Nothing is desired, and nothing reported" />
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Properties">
          <table class="tree">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Desired</th>
                <th scope="col">Reported</th>
                <th scope="col">
                  <span class="hidden">How they compare</span>
                </th>
                <th scope="col">Reported last</th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => {
                const [want, has] = [valueAt(desired, line.path), valueAt(reported, line.path)];
                const compared = comparison(want, has);
                const written = writtenAt(reported, line.path) ?? writtenAt(desired, line.path);
                return (
                  <tr key={JSON.stringify(line.path)}>
                    <TreeName line={line} folded={folded} fold={fold} />
                    <td>{want !== undefined && !isObject(want) && <Value of={want} />}</td>
                    <td>{has !== undefined && !isObject(has) && <Value of={has} />}</td>
                    <td>{compared && <span class={`tag is-${compared}`}>{said[compared]}</span>}</td>
                    <td class="muted">
                      {written && <Age of={written.at} />}
                      {written?.version !== undefined && `, version ${written.version}`}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      <p class="muted">
        Desired properties and methods are not changed here: that is for the device's own application.
      </p>
    </section>
  );
}
