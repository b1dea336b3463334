import { readdirSync, readFileSync } from 'node:fs';

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

test.each(workflows)('$name may read alone, but for jobs that say more', ({ text }) => {
  expect(text).toMatch(/^permissions: \{ contents: read \}$/m);
});

test('no job that may sign in to Azure installs or runs packages', () => {
  const signing = jobs.filter(signsIn);
  expect(signing.map(({ name }) => name).sort()).toEqual(['ci.yml: what-if', 'deploy.yml: deploy']);
  expect(
    signing.filter(({ text }) => /\b(npm|npx|node|pnpm|yarn)\b(?!_config)/.test(text)).map(({ name }) => name),
  ).toEqual([]);
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
