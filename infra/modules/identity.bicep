metadata description = 'A user-assigned managed identity: it exists before what uses it, so roles can be assigned first.'

@description('Required. Name of the identity.')
param name string

@description('Required. Region of the identity.')
param location string

@description('Required. Tags of the identity.')
param tags { *: string }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
