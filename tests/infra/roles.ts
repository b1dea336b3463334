import { isDeepStrictEqual } from 'node:util';
import type { Resource } from './arm/deploy';
import { ofType, one, type System, storageOf } from './system';

/** An identity needs a role on a resource, for a reason. */
interface Need {
  identity: string;
  role: string;
  type: string;
  /** End of the resource's name, where there are several of its type. */
  name?: string;
  why: string;
}

/** Ids of built-in roles (Azure documentation, "Azure built-in roles"); written here again, to be compared. */
const roles = {
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  'Storage Queue Data Message Sender': 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a',
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  'Azure Event Hubs Data Receiver': 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde',
  'Azure Event Hubs Data Sender': '2b629674-e913-4c01-ae53-ef4638d8f975',
  'EventGrid Data Sender': 'd5a91429-5739-47e2-a06b-3470a27159e7',
  'IoT Hub Data Reader': 'b447c946-2db7-41ec-983d-d8bf3b1c77e3',
  'IoT Hub Twin Contributor': '494bdba2-168f-4f31-a0a1-191d2f7c028c',
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb',
} as const;

const hub = 'Microsoft.Devices/IotHubs';
const storage = 'Microsoft.Storage/storageAccounts';
const queue = `${storage}/queueServices/queues`;
const eventHub = 'Microsoft.EventHub/namespaces/eventhubs';

const needs: readonly (Need & { role: keyof typeof roles })[] = [
  { identity: 'app', role: 'IoT Hub Data Reader', type: hub, why: 'queries, statistics, reads of twins' },
  { identity: 'app', role: 'IoT Hub Twin Contributor', type: hub, why: 'tags' },
  { identity: 'app', role: 'Storage Blob Data Owner', type: storage, why: 'locks, checkpoints' },
  {
    identity: 'app',
    role: 'Storage Table Data Contributor',
    type: storage,
    why: 'what the app keeps, diagnostic events',
  },
  {
    identity: 'app',
    role: 'Storage Queue Data Contributor',
    type: queue,
    name: '/tag-jobs',
    why: 'tag jobs: parts are put into the queue, worked, put back and removed',
  },
  {
    identity: 'app',
    role: 'Storage Queue Data Message Sender',
    type: queue,
    name: '/tag-jobs-poison',
    why: 'the host puts aside what failed five times',
  },
  { identity: 'app', role: 'Azure Event Hubs Data Receiver', type: eventHub, why: 'the relay reads' },
  {
    identity: 'app',
    role: 'EventGrid Data Sender',
    type: 'Microsoft.EventGrid/topics',
    why: 'the relay publishes',
  },
  {
    identity: 'app',
    role: 'Monitoring Metrics Publisher',
    type: 'Microsoft.Insights/components',
    why: 'telemetry without a key',
  },
  { identity: 'routing', role: 'Azure Event Hubs Data Sender', type: eventHub, why: 'the hub routes' },
  {
    identity: 'deadletter',
    role: 'Storage Blob Data Contributor',
    type: `${storage}/blobServices/containers`,
    name: '/dead-letters',
    why: 'Event Grid puts aside what it cannot deliver',
  },
  {
    identity: 'package',
    role: 'Storage Blob Data Contributor',
    type: `${storage}/blobServices/containers`,
    name: '/app-package',
    why: 'the platform publishes the package, and reads it',
  },
];

/** What hub jobs take (Azure IoT Hub, "Control access by using Microsoft Entra ID"): no built-in role has this alone. */
const jobActions = ['read', 'write', 'delete'].map((verb) => `${hub}/jobs/${verb}`);

/** The role assignments that are missing, and those that nothing needs; what is wrong with the role of our own. */
export function roleProblems(system: System): string[] {
  const assigned = ofType(system, 'Microsoft.Authorization/roleAssignments').map(describeAssignment);
  const ours = one(system, 'Microsoft.Authorization/roleDefinitions');
  const needed = [
    ...needs.map((need) => describeNeed(system, need)),
    `${holderOf(system, 'app')} ${ours.name} on ${one(system, hub).id}`,
  ];
  return [
    ...customRoleProblems(ours),
    ...needed.filter((each) => !assigned.includes(each)).map((each) => `missing: ${each}`),
    ...assigned.filter((each) => !needed.includes(each)).map((each) => `not needed: ${each}`),
  ];
}

function describeAssignment({ scope, properties }: Resource): string {
  const role = String(properties.roleDefinitionId).split('/').pop();
  return `${properties.principalId} (${properties.principalType}) ${role} on ${scope}`;
}

function describeNeed(system: System, { identity, role, type, name = '' }: (typeof needs)[number]): string {
  const only = () => (type === storage ? storageOf(system, 'data') : one(system, type));
  const resource = name ? ofType(system, type).find((each) => each.name.endsWith(name)) : only();
  return `${holderOf(system, identity)} ${roles[role]} on ${resource?.id}`;
}

function holderOf(system: System, identity: string): string {
  const identities = ofType(system, 'Microsoft.ManagedIdentity/userAssignedIdentities');
  const holder = identities.find((each) => each.name.startsWith(`id-${identity}-`));
  return `principal of ${holder?.name} (ServicePrincipal)`;
}

function customRoleProblems({ properties }: Resource): string[] {
  const { permissions, assignableScopes } = properties as { permissions: unknown; assignableScopes: string[] };
  const wanted = [{ actions: [], notActions: [], dataActions: jobActions, notDataActions: [] }];
  return [
    ...(isDeepStrictEqual(permissions, wanted) ? [] : [`the role of our own permits ${JSON.stringify(permissions)}`]),
    ...assignableScopes.filter((scope) => !scope.includes('/resourceGroups/')),
  ];
}
