import type { Connection } from 'rhea';

/** A name and its password. */
export interface Plain {
  user: string;
  password: string;
}

/** SASL PLAIN (RFC 4616), as a mechanism of rhea. */
export class SaslPlain {
  outcome: boolean | undefined;
  plain: Plain | undefined;

  constructor(private readonly isGood: (plain: Plain) => boolean) {}

  start(response: Buffer | null): void {
    const [, user = '', password = ''] = response?.toString().split('\0') ?? [];
    this.plain = { user, password };
    this.outcome = this.isGood(this.plain);
  }
}

/** SASL EXTERNAL (RFC 4422, appendix A): whether the certificate is good enough is asked where it is needed. */
export class SaslExternal {
  outcome: boolean | undefined;

  start(): void {
    this.outcome = true;
  }
}

/** The name and password that a connection has begun with, where they were good. */
export function plainOf(connection: Connection): Plain | undefined {
  const { sasl_transport: layer } = connection as unknown as {
    sasl_transport?: { selected?: { mechanism?: unknown } };
  };
  const mechanism = layer?.selected?.mechanism;
  return mechanism instanceof SaslPlain && mechanism.outcome === true ? mechanism.plain : undefined;
}
