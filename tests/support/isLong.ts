/** Whether this is `npm run test:long`, which runs some tests at their full size. */
export const isLong = 'isLong' in globalThis;
