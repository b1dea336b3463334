metadata description = 'The Event Grid topic on which the relay publishes. Tokens only, no keys.'

import { roles } from 'roles.bicep'

@description('Required. Name of the topic.')
param name string

@description('Required. Region of the topic.')
param location string

@description('Required. Tags of the topic.')
param tags { *: string }

@description('Required. Resource id of the identity that writes dead-lettered events.')
param deadLetterIdentityId string

@description('Required. Principal id of the function app\'s identity, which publishes.')
param publisherPrincipalId string

@description('Required. Whether only private endpoints reach the topic.')
param isPrivate bool

@description('Required. Id of the workspace for diagnostic logs.')
param workspaceId string

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${deadLetterIdentityId}': {} } }
  properties: {
    disableLocalAuth: true
    inputSchema: 'CloudEventSchemaV1_0'
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource publish 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(topic.id, publisherPrincipalId, roles.eventGridDataSender)
  scope: topic
  properties: {
    principalId: publisherPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventGridDataSender)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: topic
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'DeliveryFailures', enabled: true }, { category: 'PublishFailures', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = topic.id
output name string = topic.name
output endpoint string = topic.properties.endpoint
