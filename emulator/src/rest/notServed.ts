/** Operations of the service API that this emulator knows and does not serve; `README.md` lists the same. */
export const notServed: readonly { what: string; path: RegExp }[] = [
  { what: 'jobs', path: /^\/jobs(\/|$)/ },
  { what: 'automatic configurations', path: /^\/(configurations(\/|$)|devices\/[^/]+\/applyConfigurationContent$)/ },
  { what: 'digital twins', path: /^\/digitaltwins\// },
  { what: 'service statistics', path: /^\/statistics\/service$/ },
  {
    what: 'device messages, files and feedback over HTTP',
    path: /^\/(devices\/[^/]+\/(messages|files)|messages)(\/|$)/,
  },
];
