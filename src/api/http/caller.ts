/** Who calls with a key of the app: whoever has it. */
const byKey = 'function key';

/**
 * Who makes a request: the principal that the platform has signed in, else whoever has the key.
 *
 * @param isSignedIn whether App Service authentication stands before the app. It removes these headers from what comes
 * from outside and sets them itself ("Work with user identities in Azure App Service authentication"); where it does not
 * stand there anybody can send them, and they count for nothing.
 */
export function callerOf(headers: { get(name: string): string | null }, isSignedIn: boolean): string {
  if (!isSignedIn) return byKey;
  return headers.get('x-ms-client-principal-name') || headers.get('x-ms-client-principal-id') || byKey;
}
