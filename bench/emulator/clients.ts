import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Task } from './clientProcess';
import type { MqttAddress } from './mqttClient';

/** MQTT clients, spread over processes of their own. */
export class Clients {
  private constructor(private readonly processes: ChildProcess[]) {}

  static start(processes: number): Clients {
    const file = join(__dirname, 'clientProcess.ts');
    return new Clients(Array.from({ length: processes }, () => fork(file, { execArgv: ['--import', 'tsx'] })));
  }

  /** Connects them all, some at a time in each process; answers how many milliseconds it took. */
  async connect(addresses: MqttAddress[], atOnce = 50): Promise<number> {
    const start = performance.now();
    const share = Math.ceil(addresses.length / this.processes.length);
    await Promise.all(
      this.processes.map((child, index) =>
        ask(child, { kind: 'connect', addresses: addresses.slice(index * share, (index + 1) * share), atOnce }),
      ),
    );
    return performance.now() - start;
  }

  /** Messages a second that came back, of all together. */
  async perSecond(kind: 'report' | 'relay', durationMs: number, window: number): Promise<number> {
    const start = performance.now();
    const counts = await Promise.all(this.processes.map((child) => ask(child, { kind, durationMs, window })));
    return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - start) / 1000);
  }

  async end(): Promise<void> {
    await Promise.all(
      this.processes.map(async (child) => {
        child.send({ kind: 'end' });
        if (child.exitCode === null) await once(child, 'exit');
      }),
    );
  }
}

async function ask(child: ChildProcess, task: Task): Promise<number> {
  child.send(task);
  const [{ answer, error }] = await once(child, 'message');
  if (error) throw new Error(error);
  return answer;
}
