metadata description = 'The Event Hubs between the hub\'s routes and the relay. Tokens only, no keys.'

import { roles } from 'roles.bicep'

@description('An Event Hub as infra/topology.json names it.')
type EventHub = {
  name: string

  @minValue(1)
  @maxValue(32)
  partitionCount: int

  @minValue(1)
  @maxValue(168)
  retentionHours: int

  consumerGroups: string[]
}

@description('Required. Name of the namespace.')
param name string

@description('Required. Region of the namespace.')
param location string

@description('Required. Tags of the namespace.')
param tags { *: string }

@description('Required. The Event Hubs to create.')
param eventHubs EventHub[]

@description('Required. Principal id of the function app\'s identity, which receives.')
param receiverPrincipalId string

@description('Required. Principal id of the IoT Hub\'s routing identity, which sends.')
param senderPrincipalId string

@description('Required. Whether only private endpoints and trusted services of Azure, as IoT Hub, reach the namespace.')
param isPrivate bool

@description('Required. Id of the workspace for diagnostic logs.')
param workspaceId string

var consumerGroups = flatten(map(eventHubs, hub => map(hub.consumerGroups, group => { hub: hub.name, name: group })))

resource namespace 'Microsoft.EventHub/namespaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  // Basic has no consumer group but $Default, and the relay reads with one of its own.
  sku: { name: 'Standard', tier: 'Standard', capacity: 1 }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    isAutoInflateEnabled: true
    maximumThroughputUnits: 4
  }

  resource network 'networkRuleSets' = {
    name: 'default'
    properties: {
      publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
      trustedServiceAccessEnabled: true
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource hubs 'Microsoft.EventHub/namespaces/eventhubs@2026-01-01' = [
  for hub in eventHubs: {
    parent: namespace
    name: hub.name
    properties: {
      partitionCount: hub.partitionCount
      retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: hub.retentionHours }
    }
  }
]

resource groups 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2026-01-01' = [
  for group in consumerGroups: {
    #disable-next-line use-parent-property // The parent is one of a list, by its name.
    name: '${namespace.name}/${group.hub}/${group.name}'
    dependsOn: [hubs]
  }
]

resource receive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (hub, index) in eventHubs: {
    name: guid(hubs[index].id, receiverPrincipalId, roles.eventHubsDataReceiver)
    scope: hubs[index]
    properties: {
      principalId: receiverPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventHubsDataReceiver)
    }
  }
]

resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (hub, index) in eventHubs: {
    name: guid(hubs[index].id, senderPrincipalId, roles.eventHubsDataSender)
    scope: hubs[index]
    properties: {
      principalId: senderPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventHubsDataSender)
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'OperationalLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

var host = split(split(namespace.properties.serviceBusEndpoint, '://')[1], ':')[0]

output id string = namespace.id
output fullyQualifiedNamespace string = host
output domain string = substring(host, indexOf(host, '.') + 1)
