interface Named {
  type: string;
  name: string;
}

const byType: Readonly<Record<string, (name: string) => Record<string, unknown>>> = {
  'Microsoft.ManagedIdentity/userAssignedIdentities': (name) => ({
    clientId: `client of ${name}`,
    principalId: `principal of ${name}`,
  }),
  'Microsoft.Storage/storageAccounts': (name) => ({
    primaryEndpoints: {
      blob: `https://${name}.blob.core.windows.net/`,
      queue: `https://${name}.queue.core.windows.net/`,
      table: `https://${name}.table.core.windows.net/`,
    },
  }),
  'Microsoft.EventHub/namespaces': (name) => ({ serviceBusEndpoint: `https://${name}.servicebus.windows.net:443/` }),
  'Microsoft.EventGrid/topics': (name) => ({
    endpoint: `https://${name}.westeurope-1.eventgrid.azure.net/api/events`,
  }),
  'Microsoft.Devices/IotHubs': (name) => ({ hostName: `${name}.azure-devices.net` }),
  'Microsoft.Insights/components': () => ({ ConnectionString: 'InstrumentationKey=of the component' }),
  'Microsoft.Web/sites': (name) => ({ defaultHostName: `${name}.azurewebsites.net` }),
};

/** What a service adds to a resource when it creates it, as far as our templates ask for it. */
export function runtimeProperties({ type, name }: Named): Record<string, unknown> {
  return byType[type]?.(name) ?? {};
}
