metadata description = 'A private endpoint of one service.'

@description('Required. Name of the endpoint.')
param name string

@description('Required. Region of the endpoint.')
param location string

@description('Required. Tags of the endpoint.')
param tags { *: string }

@description('Required. Resource id of the service.')
param serviceId string

@description('Required. Which of the service\'s endpoints, for example blob.')
param groupId string

@description('Required. Id of the private DNS zone of that endpoint.')
param zoneId string

@description('Required. Id of the subnet of the endpoint.')
param subnetId string

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
    properties: { privateDnsZoneConfigs: [{ name: groupId, properties: { privateDnsZoneId: zoneId } }] }
  }
}
