import type { HubAddress } from './hubAddress';
import { HubError } from './hubError';
import type { ServiceSdk } from './sdk';

/** What says who sends a request: the value of its header `Authorization`. */
export type Authorize = () => string | Promise<string>;

/** How long a token signed with a key is good, and when another is made; in milliseconds. */
const tokenLife = { all: 3_600_000, used: 1_800_000 };

const tokenScope = 'https://iothubs.azure.net/.default';

/** Requests are signed with the key of a policy, or with tokens of a managed identity, which keeps those itself. */
export async function authorizer({ host, credential }: HubAddress, sdk: ServiceSdk): Promise<Authorize> {
  if (credential.kind === 'key') {
    const { policy, key } = credential;
    return oneForMany((expirySeconds) => sdk.signToken(host, policy, key, expirySeconds));
  }
  const { createCredential } = await import('../storage/identity');
  const identity = createCredential(credential.clientId);
  return async () => {
    const token = await identity.getToken(tokenScope).catch(failWithoutToken);
    return token ? `Bearer ${token.token}` : failWithoutToken('');
  };
}

/** To sign costs more than to send. */
function oneForMany(sign: (expirySeconds: number) => string): () => string {
  let token = '';
  let usedUntil = 0;
  return () => {
    const now = Date.now();
    if (now >= usedUntil) {
      token = sign(Math.ceil((now + tokenLife.all) / 1000));
      usedUntil = now + tokenLife.used;
    }
    return token;
  };
}

function failWithoutToken(cause: unknown): never {
  throw new HubError('unauthorized', `There is no token for the managed identity (AZURE_CLIENT_ID). ${cause}`);
}
