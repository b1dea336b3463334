metadata description = 'A private endpoint of one service, and the DNS zone by which the network finds it.'

@description('Required. Name of the endpoint.')
param name string

@description('Required. Region of the endpoint.')
param location string

@description('Required. Tags of the endpoint and its zone.')
param tags { *: string }

@description('Required. Resource id of the service.')
param serviceId string

@description('Required. Which of the service\'s endpoints, for example blob.')
param groupId string

@description('Required. The private DNS zone of that endpoint.')
param zoneName string

@description('Required. Id of the network that looks names up.')
param networkId string

@description('Required. Id of the subnet of the endpoint.')
param subnetId string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zoneName
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: 'network'
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: networkId } }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: groupId, properties: { privateLinkServiceId: serviceId, groupIds: [groupId] } }
    ]
  }

  resource zones 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: groupId, properties: { privateDnsZoneId: zone.id } }] }
  }
}
