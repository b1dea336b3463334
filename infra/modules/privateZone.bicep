metadata description = 'The DNS zone by which the network finds services of one kind, and a private endpoint of each.'

@description('Required. Name of the zone.')
param name string

@description('Required. Name of the first endpoint; the others have a number behind it.')
param endpointName string

@description('Required. Region of the endpoints.')
param location string

@description('Required. Tags of the zone and its endpoints.')
param tags { *: string }

@description('Required. Resource ids of the services.')
param serviceIds string[]

@description('Required. Which of a service\'s endpoints, for example blob.')
param groupId string

@description('Required. Id of the network that looks names up.')
param networkId string

@description('Required. Id of the subnet of the endpoints.')
param subnetId string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: name
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: 'network'
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: networkId } }
  }
}

module endpoints 'privateEndpoint.bicep' = [
  for (serviceId, index) in serviceIds: {
    params: {
      name: index == 0 ? endpointName : '${endpointName}-${index + 1}'
      location: location
      tags: tags
      serviceId: serviceId
      groupId: groupId
      zoneId: zone.id
      subnetId: subnetId
    }
  }
]
