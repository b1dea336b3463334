import { createHmac } from 'node:crypto';

/** What a shared access signature is made of. */
export interface SasInput {
  /** Base64. */
  key: string;
  /** Absent where a device signs with its own key. */
  policy?: string;
  /** As it is signed, percent-encoding included. */
  resource?: string;
  /** Seconds from now. */
  expiresIn?: number;
}

/** Signs a token as the service documents it, apart from the emulator's own code. */
export function signSas({ key, policy, resource = 'localhost', expiresIn = 3600 }: SasInput): string {
  const se = Math.floor(Date.now() / 1000) + expiresIn;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${resource}\n${se}`).digest('base64');
  const skn = policy === undefined ? '' : `&skn=${policy}`;
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${se}${skn}`;
}

/** The fields of a connection string. */
export function parseConnectionString(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(';').map((field) => {
      const [name = '', ...value] = field.split('=');
      return [name, value.join('=')];
    }),
  );
}

/** The key that a connection string carries. */
export function keyOf(connectionString: string): string {
  return parseConnectionString(connectionString).SharedAccessKey ?? '';
}
