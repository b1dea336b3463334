import { type HubAddress, parseConnectionString, parseHostName } from '../azure/hub/hubAddress';
import { type Sku, skus } from '../azure/hub/quotas';
import { parseQueueName } from '../azure/queue/queueName';
import {
  parseStorageConnectionString,
  parseStorageEndpoint,
  type StorageAddress,
} from '../azure/storage/storageAddress';
import { parsePropertyPath } from '../conditions/propertyPath';
import { InvalidInputError } from '../errors/invalidInputError';
import { SettingError, type SettingProblem } from '../errors/settingError';
import type { Json } from '../json';
import { parseTagsPatch, type TagsPatch } from '../twins/tags';

/** The environment of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting as it was read: its value, or what is wrong with it. */
export type Setting<T> = { value: T } | { problem: SettingProblem };

/** Every setting of the app. */
export type Settings = ReturnType<typeof readSettings>;

const defaults = { schedule: '0 */5 * * * *', eventHub: 'twin-changes', tagJobsQueue: 'tag-jobs' };
const text = (value: string) => value;

/**
 * Reads every setting of the app. Never throws: on Azure, an app that fails while loading shows no functions at all,
 * so each invocation fails by the settings that it needs.
 */
export function readSettings(env: Environment) {
  return {
    hub: readHub(env),
    schedule: read(env, 'TWIN_QUERY_SCHEDULE', parseSchedule, defaults.schedule),
    location: read(env, 'TWIN_QUERY_LOCATION', text, 'Redmond43'),
    connectivity: read(env, 'TWIN_QUERY_CONNECTIVITY', text, 'cellular'),
    maxPages: read(env, 'TWIN_QUERY_MAX_PAGES', parseMaxPages, '5'),
    locationPath: read(env, 'LOCATION_PATH', parsePropertyPath, 'tags.location.plant'),
    connectivityPath: read(env, 'CONNECTIVITY_PATH', parsePropertyPath, 'properties.reported.connectivity'),
    eventHub: read(env, 'TWIN_CHANGES_EVENT_HUB', parseEventHub, defaults.eventHub),
    eventHubConnection: readEventHubConnection(env),
    topic: readTopic(env),
    tables: readTables(env),
    firstTags: readFirstTags(env),
    sku: read(env, 'IOTHUB_SKU', parseSku, 'S1'),
    units: read(env, 'IOTHUB_UNITS', parseUnits, '1'),
    tagJobs: readTagJobs(env),
    tagJobsQueue: read(env, 'TAG_JOBS_QUEUE', parseQueueName, defaults.tagJobsQueue),
    historyDays: read(env, 'HISTORY_DAYS', parseDays, '30'),
    /** Of the platform: whether its authentication stands before the app ("Environment variables … in App Service"). */
    isSignedIn: read(env, 'WEBSITE_AUTH_ENABLED', (text) => text.toLowerCase() === 'true', 'False'),
    signIn: readSignIn(env),
  };
}

/** The settings that are missing or invalid. */
export function settingProblems(settings: Settings): SettingProblem[] {
  return Object.values(settings).flatMap((setting) => ('problem' in setting ? [setting.problem] : []));
}

/** @throws SettingError when the setting is missing or invalid. */
export function need<T>(setting: Setting<T>): T {
  if ('problem' in setting) throw new SettingError(setting.problem);
  return setting.value;
}

/**
 * What bindings register with. The host resolves `%NAME%`, but knows no defaults; and it drops a function whose
 * schedule it cannot parse, so an invalid one is replaced, and its invocations fail instead.
 */
export function readBindings(env: Environment) {
  const { schedule, eventHub, tagJobsQueue, signIn } = readSettings(env);
  return {
    schedule: binding(env, 'TWIN_QUERY_SCHEDULE', schedule, defaults.schedule),
    eventHub: binding(env, 'TWIN_CHANGES_EVENT_HUB', eventHub, defaults.eventHub),
    tagJobsQueue: binding(env, 'TAG_JOBS_QUEUE', tagJobsQueue, defaults.tagJobsQueue),
    /** Whether callers sign in, and their roles say what they may; else the host asks for keys. */
    isSignInAsked: 'value' in signIn && signIn.value,
    /** The host's extension takes a key only in the first form, an identity only in the second. */
    topic: given(env, 'TWIN_CHANGES_TOPIC_KEY')
      ? { topicEndpointUri: 'TWIN_CHANGES_TOPIC_ENDPOINT', topicKeySetting: 'TWIN_CHANGES_TOPIC_KEY' }
      : { connection: 'TwinChangesTopic' },
  };
}

function binding(env: Environment, name: string, setting: Setting<string>, fallback: string): string {
  return given(env, name) && 'value' in setting ? `%${name}%` : fallback;
}

function given(env: Environment, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

function read<T>(env: Environment, setting: string, parse: (text: string) => T, fallback: string): Setting<T> {
  return attempt(setting, fallback, () => parse(given(env, setting) ?? fallback));
}

function attempt<T>(setting: string, example: string, parse: () => T): Setting<T> {
  try {
    return { value: parse() };
  } catch (error) {
    if (error instanceof InvalidInputError) return { problem: { setting, problem: error.message, example } };
    throw error;
  }
}

function readHub(env: Environment): Setting<HubAddress> {
  const example = 'HostName=my-hub.azure-devices.net;SharedAccessKeyName=service;SharedAccessKey=…';
  const connectionString = given(env, 'IOTHUB_CONNECTION_STRING');
  const hostName = given(env, 'IOTHUB_HOSTNAME');
  if (connectionString === undefined && hostName !== undefined) {
    const credential = { kind: 'identity' as const, clientId: given(env, 'AZURE_CLIENT_ID') };
    return attempt('IOTHUB_HOSTNAME', 'my-hub.azure-devices.net', () => ({ ...parseHostName(hostName), credential }));
  }
  return attempt('IOTHUB_CONNECTION_STRING', example, () => {
    if (connectionString === undefined) throw new InvalidInputError('is missing, and so is IOTHUB_HOSTNAME');
    return parseConnectionString(connectionString);
  });
}

function readEventHubConnection(env: Environment): Setting<string> {
  const example = 'Endpoint=sb://my-namespace.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=…';
  return attempt('TwinChanges', example, () => {
    if (given(env, 'TwinChanges') || given(env, 'TwinChanges__fullyQualifiedNamespace')) return 'TwinChanges';
    throw new InvalidInputError('is missing, and so is TwinChanges__fullyQualifiedNamespace');
  });
}

function readTopic(env: Environment): Setting<string> {
  const setting = given(env, 'TWIN_CHANGES_TOPIC_KEY')
    ? 'TWIN_CHANGES_TOPIC_ENDPOINT'
    : 'TwinChangesTopic__topicEndpointUri';
  return attempt(setting, 'https://my-topic.westeurope-1.eventgrid.azure.net/api/events', () => {
    const endpoint = given(env, setting);
    if (endpoint === undefined) {
      throw new InvalidInputError('is missing (with a key: TWIN_CHANGES_TOPIC_ENDPOINT and TWIN_CHANGES_TOPIC_KEY)');
    }
    if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint)) throw new InvalidInputError('is not an http(s) URL');
    return endpoint;
  });
}

/** Undefined where there is none: the app keeps nothing then. */
function readTables(env: Environment): Setting<StorageAddress | undefined> {
  const connectionString = given(env, 'TWIN_TABLES_CONNECTION_STRING');
  const endpoint = given(env, 'TWIN_TABLES_ENDPOINT');
  if (connectionString !== undefined) {
    const example = 'DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net';
    return attempt('TWIN_TABLES_CONNECTION_STRING', example, () => parseStorageConnectionString(connectionString));
  }
  return attempt('TWIN_TABLES_ENDPOINT', 'https://my-account.table.core.windows.net', () =>
    endpoint === undefined ? undefined : parseStorageEndpoint(endpoint, given(env, 'AZURE_CLIENT_ID')),
  );
}

/** Undefined where there is no queue: what fits into a request is tagged all the same. */
function readTagJobs(env: Environment): Setting<StorageAddress | undefined> {
  const connectionString = given(env, 'TagJobs');
  const endpoint = given(env, 'TagJobs__queueServiceUri');
  if (connectionString !== undefined) {
    const example = 'DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net';
    return attempt('TagJobs', example, () => parseStorageConnectionString(connectionString));
  }
  return attempt('TagJobs__queueServiceUri', 'https://my-account.queue.core.windows.net', () =>
    endpoint === undefined ? undefined : parseStorageEndpoint(endpoint, given(env, 'TagJobs__clientId')),
  );
}

/**
 * Whether callers sign in instead of having a key. Both the deployment and the platform must say so: were the app open to
 * all while nothing stands before it, anybody could send the headers that tell who signed in.
 */
function readSignIn(env: Environment): Setting<boolean> {
  return attempt('SIGN_IN', 'false', () => {
    const asked = given(env, 'SIGN_IN')?.toLowerCase() ?? 'false';
    if (asked !== 'true' && asked !== 'false') throw new InvalidInputError('is neither true nor false');
    if (asked === 'false') return false;
    if (given(env, 'WEBSITE_AUTH_ENABLED')?.toLowerCase() === 'true') return true;
    throw new InvalidInputError(
      'is true, but App Service authentication is not switched on (WEBSITE_AUTH_ENABLED): keys are asked for as before',
    );
  });
}

/** Undefined where new devices get none. */
function readFirstTags(env: Environment): Setting<TagsPatch | undefined> {
  return attempt('TWIN_FIRST_TAGS', '{"location":{"region":"US","plant":"unassigned"}}', () => {
    const tags = given(env, 'TWIN_FIRST_TAGS');
    return tags === undefined ? undefined : parseTagsPatch(parseJson(tags));
  });
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new InvalidInputError('is not JSON');
  }
}

function parseSchedule(schedule: string): string {
  const ncrontab = /^[\d*,/\-A-Za-z]+( +[\d*,/\-A-Za-z]+){4,5}$/;
  const timeSpan = /^(\d+\.)?\d{1,2}:\d{2}(:\d{2})?$/;
  if (ncrontab.test(schedule) || timeSpan.test(schedule)) return schedule;
  throw new InvalidInputError('is not an NCRONTAB expression of six fields: second minute hour day month weekday');
}

function parseMaxPages(pages: string): number {
  if (/^\d{1,4}$/.test(pages) && Number(pages) > 0) return Number(pages);
  throw new InvalidInputError('is not a whole number from 1 to 9999');
}

/** Events come for a day; so one day is too few. */
function parseDays(days: string): number {
  if (/^\d{1,4}$/.test(days) && Number(days) >= 2) return Number(days);
  throw new InvalidInputError('is not a whole number of days from 2 to 9999');
}

function parseSku(sku: string): Sku {
  const known = skus.find((each) => each === sku.toUpperCase());
  if (known) return known;
  throw new InvalidInputError(`is not an edition of IoT Hub that has twins: ${skus.join(', ')}`);
}

function parseUnits(units: string): number {
  if (/^\d{1,3}$/.test(units) && Number(units) >= 1 && Number(units) <= 200) return Number(units);
  throw new InvalidInputError('is not a whole number from 1 to 200');
}

function parseEventHub(name: string): string {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,254}[A-Za-z0-9])?$/.test(name)) return name;
  throw new InvalidInputError('is not the name of an Event Hub');
}
