import { readFileSync } from 'node:fs';

/** The tests that have a full size: the same tests with larger numbers, one after the other. */
export default {
  ...JSON.parse(readFileSync(new URL('jest.config.json', import.meta.url), 'utf8')),
  testMatch: [
    '<rootDir>/tests/system/{faults,feed,tagFleet}.test.ts',
    '<rootDir>/emulator/tests/{amqpFuzz,crash,crashMessages,firstBytes}.test.ts',
    '<rootDir>/local-host/tests/firstBytes.test.ts',
  ],
  maxWorkers: 1,
  globals: { isLong: true },
};
