/** Operations that this emulator knows and does not serve; `README.md` lists the same. */
export const notServed: readonly NotServed[] = [
  { what: 'import and export jobs', path: /^\/jobs\/create$/ },
  {
    what: 'the effect of configurations',
    path: /^\/(configurations\/testQueries|devices\/[^/]+\/applyConfigurationContent$)/,
  },
  { what: 'digital twins', path: /^\/digitaltwins\// },
  { what: 'feedback and notifications of files over HTTP', path: /^\/messages(\/|$)/ },
  {
    what: 'files of devices',
    path: /^\/devices\/[^/]+\/(modules\/[^/]+\/)?files(\/|$)/,
    ofDevices: true,
  },
];

export interface NotServed {
  what: string;
  /** Of the path, percent-encoded. */
  path: RegExp;
  /** Whether devices call it, whose tokens open nothing here: they are told without one. */
  ofDevices?: boolean;
}
