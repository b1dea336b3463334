import type { Deployment, Resource } from './arm/deploy';
import type { RegisteredFunction } from './code';

/** Everything that the checks look at: what a deployment creates, and what the code registers. */
export interface System {
  deployment: Deployment;
  /** What `eventSubscription.bicep` creates after the code. */
  subscriptions: Deployment;
  functions: RegisteredFunction[];
}

export function ofType(system: System, type: string): Resource[] {
  return [...system.deployment.resources, ...system.subscriptions.resources].filter((each) => each.type === type);
}

/** The only resource of a type. */
export function one(system: System, type: string): Resource {
  const [resource, ...others] = ofType(system, type);
  if (!resource || others.length > 0) throw new Error(`There are ${others.length + (resource ? 1 : 0)} of ${type}.`);
  return resource;
}

/** The storage account of the data, or that of the app's package. */
export function storageOf(system: System, what: 'data' | 'package'): Resource {
  const accounts = ofType(system, 'Microsoft.Storage/storageAccounts');
  const account = accounts.find(({ name }) => name.startsWith('stpkg') === (what === 'package'));
  if (!account || accounts.length !== 2)
    throw new Error(`There is no account of the ${what} among ${accounts.length}.`);
  return account;
}

/** The app settings. */
export function settingsOf(system: System): Record<string, string> {
  const config = ofType(system, 'Microsoft.Web/sites/config').find(({ name }) => name.endsWith('/appsettings'));
  if (!config) throw new Error('There are no app settings.');
  return config.properties as Record<string, string>;
}

/** App Service authentication; undefined where none stands before the app. */
export function signInOf(system: System): Resource | undefined {
  return ofType(system, 'Microsoft.Web/sites/config').find(({ name }) => name.endsWith('/authsettingsV2'));
}

/** What the app finds in its environment: its settings, and what the platform adds to them. */
export function environmentOf(system: System): Record<string, string> {
  return { ...settingsOf(system), WEBSITE_AUTH_ENABLED: signInOf(system) ? 'True' : 'False' };
}

/** A value deep inside a resource, by its path of names. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce((of, name) => (Object(of) as Record<string, unknown>)[name], value);
}
