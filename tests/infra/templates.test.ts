import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import topology from '../../infra/topology.json';
import { deploy, type Template } from './arm/deploy';
import { runtimeProperties } from './arm/runtimeProperties';
import { bicep, startCompiler } from './bicep';
import { checks } from './checks';
import { registeredFunctions } from './code';
import { mutations } from './mutations';
import { environmentOf, ofType, one, type System, settingsOf, valueAt } from './system';

if (!bicep) {
  const why = 'The Bicep templates are not tested: no Bicep compiler. On Linux scripts/installBicep.sh installs one.';
  if (process.env.CI === 'true') throw new Error(why);
  process.stderr.write(`${why}\n`);
}

const entries = ['infra/main.bicep', 'infra/resources.bicep', 'infra/eventSubscription.bicep'];
const required = { environmentName: 'dev', location: 'westeurope' };

const templates = bicep ? describe : describe.skip;

templates(
  `the templates (${bicep ?? 'skipped: no Bicep compiler; on Linux scripts/installBicep.sh installs one'})`,
  () => {
    let compiler: Awaited<ReturnType<typeof startCompiler>>;
    let main: Template;
    let afterwards: Template;

    const known = new Map<string, System>();

    function deployed(parameters: Record<string, unknown> = {}): System {
      const key = JSON.stringify(parameters);
      const system = known.get(key) ?? deployBoth(parameters);
      known.set(key, system);
      return system;
    }

    function deployBoth(parameters: Record<string, unknown>): System {
      const deployment = deploy(main, { ...required, ...parameters });
      const { AZURE_TOPIC_NAME, SERVICE_APP_NAME, AZURE_STORAGE_NAME, AZURE_DEAD_LETTER_IDENTITY_NAME } =
        deployment.outputs;
      const subscriptions = deploy(afterwards, {
        topicName: AZURE_TOPIC_NAME,
        functionAppName: SERVICE_APP_NAME,
        storageName: AZURE_STORAGE_NAME,
        deadLetterIdentityName: AZURE_DEAD_LETTER_IDENTITY_NAME,
      });
      const system = { deployment, subscriptions, functions: [] };
      return { ...system, functions: registeredFunctions(environmentOf(system)) };
    }

    beforeAll(async () => {
      compiler = await startCompiler();
      main = await compiler.compile('infra/main.bicep');
      afterwards = await compiler.compile('infra/eventSubscription.bicep');
      // The compiler compiles itself first.
    }, 120_000);
    afterAll(() => compiler.stop());

    it.each(entries)('%s compiles and lints without a word', async (file) => {
      expect(await compiler.diagnose(file)).toEqual([]);
    });

    it('lints', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'infra-'));
      const file = join(folder, 'unused.bicep');
      writeFileSync(file, 'param unused string\n');
      cpSync('infra/bicepconfig.json', join(folder, 'bicepconfig.json'));
      expect(await compiler.diagnose(file)).toMatchObject([{ code: 'no-unused-params' }]);
      rmSync(folder, { recursive: true });
    });

    it('is formatted as the compiler formats', async () => {
      const files = ['infra', 'infra/modules'].flatMap((folder) =>
        readdirSync(folder)
          .filter((file) => file.endsWith('.bicep'))
          .map((file) => `${folder}/${file}`),
      );
      for (const file of files) expect(await compiler.format(file)).toBe(readFileSync(file, 'utf8'));
    });

    const shapes: [string, Record<string, unknown>][] = [
      ['by default', {}],
      ['on the free tier', { iotHubSku: 'F1', iotHubUnits: 3 }],
      ['in a private network', { privateNetworking: true }],
      ['where callers sign in', { signInClientId: 'client' }],
      [
        'with an address for alerts and instances kept ready',
        { alertEmail: 'a@example.com', alwaysReadyHttpInstances: 1 },
      ],
    ];

    describe.each(shapes)('%s', (_name, parameters) => {
      it.each(Object.entries(checks))('%s', (_check, check) => {
        expect(check(deployed(parameters))).toEqual([]);
      });
    });

    it.each(mutations)('$name: $check fails', ({ check, mutate, parameters }) => {
      const system = structuredClone(deployed(parameters));
      mutate(system);
      expect(checks[check](system)).not.toEqual([]);
    });

    it('every check has a mutation that makes it fail', () => {
      expect(new Set(mutations.map(({ check }) => check))).toEqual(new Set(Object.keys(checks)));
    });

    it('pages of no origin may call the app, but for those that are named', () => {
      const origins = (system: System) =>
        valueAt(one(system, 'Microsoft.Web/sites').properties, 'siteConfig.cors.allowedOrigins');
      expect(origins(deployed())).toEqual([]);
      const allowedOrigins = ['https://fleet.example', 'https://other.example'];
      expect(origins(deployed({ allowedOrigins }))).toEqual(allowedOrigins);
    });

    it('the person who deploys may register devices, read dead letters and poison messages, and no more', () => {
      const of = (system: System) => ofType(system, 'Microsoft.Authorization/roleAssignments');
      const nobody = of(deployed()).map(({ name }) => name);
      const more = of(deployed({ principalId: 'someone' })).filter(({ name }) => !nobody.includes(name));
      expect(more).toEqual([
        expect.objectContaining({ scope: expect.stringMatching(/queues\/tag-jobs-poison$/) }),
        expect.objectContaining({ scope: expect.stringMatching(/containers\/dead-letters$/) }),
        expect.objectContaining({ scope: expect.stringContaining('/Microsoft.Devices/IotHubs/') }),
      ]);
      for (const { properties } of more)
        expect(properties).toMatchObject({ principalId: 'someone', principalType: 'User' });
    });

    it('a private network reaches everything that the app calls but the hub, and closes it to others', () => {
      const system = deployed({ privateNetworking: true });
      const zones = ofType(system, 'Microsoft.Network/privateDnsZones').map(({ name }) => name);
      expect(zones.sort()).toEqual([
        'privatelink.blob.core.windows.net',
        'privatelink.eventgrid.azure.net',
        'privatelink.queue.core.windows.net',
        'privatelink.servicebus.windows.net',
        'privatelink.table.core.windows.net',
      ]);
      const reached = ofType(system, 'Microsoft.Network/privateEndpoints').map(({ properties }) => {
        const [connection] = properties.privateLinkServiceConnections as [
          { properties: { privateLinkServiceId: string; groupIds: [string] } },
        ];
        const { privateLinkServiceId, groupIds } = connection.properties;
        return `${privateLinkServiceId
          .split('/')
          .at(-1)
          ?.replace(/[0-9a-f]{13}$/, '')} ${groupIds}`;
      });
      expect(reached.sort()).toEqual([
        'evgt- topic',
        'evhns- namespace',
        'st blob',
        'st queue',
        'st table',
        'stpkg blob',
      ]);
      expect(one(system, 'Microsoft.Web/sites').properties.virtualNetworkSubnetId).toMatch(/subnets\/app$/);
      for (const type of ['Microsoft.EventHub/namespaces', 'Microsoft.EventGrid/topics']) {
        expect(one(system, type).properties.publicNetworkAccess).toBe('Disabled');
      }
      expect(ofType(deployed(), 'Microsoft.Network/virtualNetworks')).toEqual([]);
    });

    it.each([
      [
        'the first generation has one name for all',
        {},
        /^iot-\w+\.azure-devices\.net$/,
        /^iot-\w+\.azure-devices\.net$/,
      ],
      [
        'the second has names for services and for devices, which alone speak TLS 1.3',
        { serviceHostName: 'hub.service.azure-devices.net', deviceHostName: 'hub.device.azure-devices.net' },
        /^hub\.service\./,
        /^hub\.device\./,
      ],
    ])('of the gateways of a hub, %s', (_generation, names, forServices, forDevices) => {
      const { resources, outputs } = deploy(main, required, (resource) => ({
        ...runtimeProperties(resource),
        ...(resource.type === 'Microsoft.Devices/IotHubs' ? names : {}),
      }));
      const system = {
        deployment: { resources, outputs },
        subscriptions: { resources: [], outputs: {} },
        functions: [],
      };
      expect(settingsOf(system).IOTHUB_HOSTNAME).toMatch(forServices);
      expect(outputs.IOTHUB_HOSTNAME).toBe(settingsOf(system).IOTHUB_HOSTNAME);
      expect(outputs.IOTHUB_DEVICE_HOSTNAME).toMatch(forDevices);
    });

    it('the routing identity may send before the hub tries its routes', () => {
      const resources = (main.resources.resources as { properties: { template: Template } }).properties.template
        .resources;
      expect(resources.iotHub?.dependsOn).toContain('eventHubs');
    });

    it('the entry for a resource group creates the same system', async () => {
      const types = (template: Template) =>
        deploy(template, required).resources.map(({ type, name }) => `${type} ${name.replace(/[0-9a-f]{13}/, '')}`);
      const [group, ...system] = types(main);
      expect(group).toBe('Microsoft.Resources/resourceGroups rg-dev');
      expect(types(await compiler.compile('infra/resources.bicep'))).toEqual(system);
    });

    it('azd gives parameters that exist, and the hook what the outputs and parameters are called', () => {
      const given = JSON.parse(readFileSync('infra/main.parameters.json', 'utf8')).parameters;
      expect(Object.keys(main.parameters ?? {})).toEqual(expect.arrayContaining(Object.keys(given)));
      const hook = readFileSync('azure.yaml', 'utf8');
      const variables = [...hook.matchAll(/\$(?:env:)?([A-Z_]{5,})/g)].map(([, name = '']) => name);
      const known = [...Object.keys(main.outputs ?? {}), 'AZURE_SUBSCRIPTION_ID', 'LASTEXITCODE'];
      expect(variables.filter((name) => !known.includes(name))).toEqual([]);
      for (const name of Object.keys(afterwards.parameters ?? {})) expect(hook.split(`${name}=`)).toHaveLength(3);
    });

    it.each([false, true])('connections are routed where it is wanted: %s', async (routeConnections) => {
      const { resources } = deploy(main, { ...required, routeConnections });
      const system = {
        deployment: { resources, outputs: {} },
        subscriptions: { resources: [], outputs: {} },
        functions: [],
      };
      const { routes } = one(system, 'Microsoft.Devices/IotHubs').properties.routing as {
        routes: { name: string; isEnabled: boolean }[];
      };
      const enabled = routes.filter(({ isEnabled }) => isEnabled).map(({ name }) => name);
      expect(enabled.includes('device-connections')).toBe(routeConnections);
      expect(enabled).toEqual(expect.arrayContaining(['twin-changes', 'device-lifecycle']));
    });

    it('a topology without a route makes a hub without it', async () => {
      const copy = mkdtempSync(join(tmpdir(), 'infra-'));
      cpSync('infra', copy, { recursive: true });
      const [route, ...routes] = topology.routes;
      writeFileSync(join(copy, 'topology.json'), JSON.stringify({ ...topology, routes }));
      const { resources } = deploy(await compiler.compile(join(copy, 'main.bicep')), required);
      rmSync(copy, { recursive: true });
      const system = {
        deployment: { resources, outputs: {} },
        subscriptions: { resources: [], outputs: {} },
        functions: [],
      };
      const { routes: deployedRoutes } = one(system, 'Microsoft.Devices/IotHubs').properties.routing as {
        routes: { name: string }[];
      };
      expect(deployedRoutes.map(({ name }) => name)).toEqual(routes.map(({ name }) => name));
      expect(deployedRoutes.map(({ name }) => name)).not.toContain(route?.name);
    });
  },
);
