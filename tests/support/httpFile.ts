import { readFileSync } from 'node:fs';

/** A request of a file for the VS Code REST client, before its variables are replaced. */
export interface FileRequest {
  title: string;
  name: string | undefined;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** Reads a file for the VS Code REST client: its variables, and its requests, each under a `###` with its title. */
export function readHttpFile(path: string): { variables: Record<string, string>; requests: FileRequest[] } {
  const [head = '', ...sections] = readFileSync(path, 'utf8').split(/^### +/m);
  const variables = Object.fromEntries(
    [...head.matchAll(/^@(\w+) *= *(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  return { variables, requests: sections.map(readSection) };
}

function readSection(section: string): FileRequest {
  const [title = '', ...lines] = section.trim().split('\n');
  const name = lines.find((line) => line.startsWith('# @name '))?.slice('# @name '.length);
  const [request = '', body] = lines
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .trim()
    .split(/\n\n(.*)/s);
  const [first = '', ...headers] = request.split('\n');
  const [method = '', url = ''] = first.split(' ');
  const pairs = headers.map((header) => /^([\w-]+): (.*)$/.exec(header)?.slice(1) ?? [header, '']);
  return { title, name, method, url, headers: Object.fromEntries(pairs), body };
}
