import { readFileSync } from 'node:fs';

/** The operator's page in a real browser: one at a time, for what they measure. */
export default {
  ...JSON.parse(readFileSync(new URL('jest.config.json', import.meta.url), 'utf8')),
  testMatch: ['<rootDir>/page/tests/**/*.test.ts'],
  maxWorkers: 1,
};
