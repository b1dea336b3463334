import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import type { Template } from './arm/deploy';

const candidates = ['node_modules/.cache/bicep/bicep', 'bicep', join(homedir(), '.azure', 'bin', 'bicep')];

/** The Bicep compiler: what `scripts/installBicep.sh` installed, one on the PATH, or that of `az bicep install`. */
export const bicep = candidates.find((command) => spawnSync(command, ['--version']).status === 0);

/** What the compiler answers to `bicep/compile`. */
interface Compiled {
  success: boolean;
  contents?: string;
  diagnostics: { code: string; level: string; message: string }[];
}

/** One process of the compiler for all files, asked by JSON-RPC: its start takes longer than what it is asked. */
export async function startCompiler() {
  if (!bicep) throw new Error('There is no Bicep compiler here: run scripts/installBicep.sh.');
  const compiler = spawn(bicep, ['jsonrpc', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const connection = createMessageConnection(
    new StreamMessageReader(compiler.stdout),
    new StreamMessageWriter(compiler.stdin),
  );
  connection.listen();
  const ask = <T>(method: string, file: string) => connection.sendRequest<T>(method, { path: resolve(file) });
  const compiled = (file: string) => ask<Compiled>('bicep/compile', file);
  return {
    async compile(file: string): Promise<Template> {
      const { contents, diagnostics } = await compiled(file);
      if (contents === undefined) throw new Error(`${file}: ${JSON.stringify(diagnostics)}`);
      return JSON.parse(contents);
    },
    /** What the compiler and its linter have to say of a file. */
    diagnose: async (file: string) => (await compiled(file)).diagnostics,
    format: async (file: string) => (await ask<{ contents: string }>('bicep/format', file)).contents,
    async stop(): Promise<void> {
      connection.dispose();
      compiler.kill();
      await once(compiler, 'exit');
    },
  };
}
