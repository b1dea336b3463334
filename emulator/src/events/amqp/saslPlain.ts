import type { Connection } from 'rhea';
import { namespacePolicy } from './requests';

/** SASL PLAIN (RFC 4616) with the name of the policy and its key, as a mechanism of rhea. */
export class SaslPlain {
  outcome: boolean | undefined;

  constructor(private readonly key: string) {}

  start(response: Buffer | null): void {
    const [, policy, key] = response?.toString().split('\0') ?? [];
    this.outcome = policy === namespacePolicy && key === this.key;
  }
}

/** Whether a connection has proved with it that it has the key. */
export function provedByPlain(connection: Connection): boolean {
  const { sasl_transport: layer } = connection as unknown as {
    sasl_transport?: { selected?: { mechanism?: unknown } };
  };
  const mechanism = layer?.selected?.mechanism;
  return mechanism instanceof SaslPlain && mechanism.outcome === true;
}
