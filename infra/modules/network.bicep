metadata description = 'A network for the app, and private endpoints for what it calls.'

@description('A service that the network reaches through a private endpoint.')
type Service = {
  name: string

  @description('Resource ids: of several of its kind each has an endpoint, and all have one zone.')
  ids: string[]

  @description('Which of the service\'s endpoints, for example blob.')
  group: string

  @description('Domain under which the public finds the service.')
  domain: string
}

@description('Required. Name of the network.')
param name string

@description('Required. Region of the network.')
param location string

@description('Required. Tags of the network.')
param tags { *: string }

@description('Required. The services.')
param services Service[]

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.20.0.0/16'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.20.0.0/24'
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      { name: 'endpoints', properties: { addressPrefix: '10.20.1.0/24' } }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }
}

module zones 'privateZone.bicep' = [
  for service in services: {
    params: {
      name: 'privatelink.${service.domain}'
      endpointName: 'pep-${service.name}-${name}'
      location: location
      tags: tags
      serviceIds: service.ids
      groupId: service.group
      networkId: network.id
      subnetId: network::endpoints.id
    }
  }
]

output appSubnetId string = network::app.id
