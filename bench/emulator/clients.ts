import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { AmqpTask } from './amqpClientProcess';
import type { Task } from './clientProcess';
import type { MqttAddress } from './mqttClient';

/** MQTT clients, spread over processes of their own. */
export class Clients {
  private constructor(private readonly processes: ChildProcess[]) {}

  static start(processes: number): Clients {
    return new Clients(Array.from({ length: processes }, () => forkOf('clientProcess.ts')));
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

  /** Ends all connections, and connects anew; answers how many. */
  async reconnect(addresses: MqttAddress[]): Promise<number> {
    await Promise.all(this.processes.map((child) => ask(child, { kind: 'disconnect' })));
    await this.connect(addresses);
    return addresses.length;
  }

  /** Has all send for a time; answers how many messages came back. */
  async load(kind: 'report' | 'relay', durationMs: number, window: number): Promise<number> {
    const counts = await Promise.all(this.processes.map((child) => ask(child, { kind, durationMs, window })));
    return counts.reduce((sum, count) => sum + count, 0);
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

/** Clients of the device SDK over AMQP, in a process of their own. */
export class AmqpClients {
  private constructor(private readonly child: ChildProcess) {}

  static async connect(connectionStrings: string[], ca: string): Promise<AmqpClients> {
    const clients = new AmqpClients(forkOf('amqpClientProcess.ts'));
    await ask(clients.child, { kind: 'connect', connectionStrings, ca });
    return clients;
  }

  load(durationMs: number, window: number): Promise<number> {
    return ask(this.child, { kind: 'report', durationMs, window });
  }

  async end(): Promise<void> {
    await ask(this.child, { kind: 'end' });
  }
}

function forkOf(file: string): ChildProcess {
  return fork(join(__dirname, file), { execArgv: ['--import', 'tsx'] });
}

async function ask(child: ChildProcess, task: Task | AmqpTask): Promise<number> {
  child.send(task);
  const [{ answer, error }] = await once(child, 'message');
  if (error) throw new Error(error);
  return answer;
}
