/** Built-in roles of IoT Hub with their ids and data actions below `Microsoft.Devices/IotHubs/` (Azure built-in roles). */
const roles = {
  'IoT Hub Data Contributor': { id: '4fc6c259-987e-4a07-842e-c321cc9d413f', gives: () => true },
  'IoT Hub Data Reader': {
    id: 'b447c946-2db7-41ec-983d-d8bf3b1c77e3',
    gives: (action: string) => action.endsWith('/read'),
  },
  'IoT Hub Registry Contributor': {
    id: '4ea46cd5-c1b2-4a8e-910b-273211f9ce47',
    gives: (action: string) => action.startsWith('devices/'),
  },
  'IoT Hub Twin Contributor': {
    id: '494bdba2-168f-4f31-a0a1-191d2f7c028c',
    gives: (action: string) => action.startsWith('twins/'),
  },
} as const;

export type RoleName = keyof typeof roles;

const roleNames = Object.keys(roles).filter((name): name is RoleName => Object.hasOwn(roles, name));

/** The roles that a claim names, by their names or their ids; what is no role of IoT Hub gives nothing. */
export function rolesNamed(claim: unknown): RoleName[] {
  const named = (Array.isArray(claim) ? claim : [claim]).map((each) => String(each).toLowerCase());
  return roleNames.filter((name) => named.includes(name.toLowerCase()) || named.includes(roles[name].id));
}

export function hasDataAction(names: readonly RoleName[], action: string): boolean {
  return names.some((name) => roles[name].gives(action));
}

/**
 * The data actions, all of them, that a call needs, below `Microsoft.Devices/IotHubs/` (Azure IoT Hub, "Control access by
 * using Microsoft Entra ID").
 *
 * @param path Segments of the call's path, decoded.
 */
export function dataActionsOf(method: string, path: readonly string[]): string[] {
  const collection = path[0] ?? '';
  const last = method === 'POST' ? path.at(-1) : undefined;
  if (collection === 'devices' && last === 'query') return ['twins/read'];
  if (collection === 'devices' && last === 'devices') return ['devices/write', 'devices/delete'];
  if (collection === 'twins' && last === 'methods') return ['directMethods/invoke/action'];
  // A job is deleted by being cancelled.
  if (collection === 'jobs' && last === 'cancel') return ['jobs/delete'];
  return [`${collection}/${verb(method)}`];
}

function verb(method: string): 'read' | 'write' | 'delete' {
  if (method === 'GET') return 'read';
  return method === 'DELETE' ? 'delete' : 'write';
}
