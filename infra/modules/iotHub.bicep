metadata description = 'The IoT Hub. Services sign in with Entra alone, devices with their own keys; routes lead changes to the Event Hub.'

import { roles } from 'roles.bicep'

@description('A message route as infra/topology.json names it.')
type Route = {
  name: string
  source: 'DeviceMessages' | 'TwinChangeEvents' | 'DeviceLifecycleEvents' | 'DeviceConnectionStateEvents'
  condition: string
  eventHub: string
  @description('Left out: yes.')
  isEnabled: bool?
}

@description('Required. Name of the hub.')
param name string

@description('Required. Region of the hub.')
param location string

@description('Required. Tags of the hub.')
param tags { *: string }

@description('Required. Tier of the hub. A hub of the free tier cannot become one of another.')
@allowed(['F1', 'S1', 'S2', 'S3'])
param sku string

@description('Required. Units of the tier; the free tier has one.')
@minValue(1)
@maxValue(200)
param units int

@description('Required. The message routes.')
param routes Route[]

@description('Optional. Names of routes to switch on that are switched off.')
param enabledRoutes string[] = []

@description('Required. Host name of the Event Hubs namespace to which routes lead.')
param eventHubsNamespace string

@description('Required. Resource id of the identity that routes with; it may send to the Event Hubs already.')
param routingIdentityId string

@description('Required. Principal id of the function app\'s identity.')
param appPrincipalId string

@description('Required. Id of the workspace for diagnostic logs.')
param workspaceId string

@description('Optional. Object id of the person who deploys, to register devices; empty for nobody.')
param deployerPrincipalId string = ''

@description('Optional. Kind of that principal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param deployerPrincipalType string = 'User'

// Connections and telemetry are left out: they grow with every device, and so would the bill.
var logCategories = [
  'Routes'
  'C2DTwinOperations'
  'D2CTwinOperations'
  'TwinQueries'
  'DeviceIdentityOperations'
  'JobsOperations'
]
var capacity = sku == 'F1' ? 1 : units
var appRoles = [roles.iotHubDataReader, roles.iotHubTwinContributor]
var eventHubNames = union(map(routes, route => route.eventHub), [])

resource hub 'Microsoft.Devices/IotHubs@2026-11-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, capacity: capacity }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${routingIdentityId}': {} } }
  properties: {
    disableLocalAuth: true
    minTlsVersion: '1.2'
    eventHubEndpoints: { events: { retentionTimeInDays: 1, partitionCount: sku == 'F1' ? 2 : 4 } }
    routing: {
      endpoints: {
        eventHubs: [
          for eventHub in eventHubNames: {
            name: eventHub
            authenticationType: 'identityBased'
            endpointUri: 'sb://${eventHubsNamespace}'
            entityPath: eventHub
            identity: { userAssignedIdentity: routingIdentityId }
          }
        ]
      }
      routes: [
        for route in routes: {
          name: route.name
          source: route.source
          condition: route.condition
          endpointNames: [route.eventHub]
          isEnabled: (route.?isEnabled ?? true) || contains(enabledRoutes, route.name)
        }
      ]
      // Left out, it would be off, and telemetry that no route takes would be lost.
      fallbackRoute: {
        name: '$fallback'
        source: 'DeviceMessages'
        condition: 'true'
        endpointNames: ['events']
        isEnabled: true
      }
    }
  }
}

resource appAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in appRoles: {
    name: guid(hub.id, appPrincipalId, role)
    scope: hub
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// The built-in role with jobs, IoT Hub Data Contributor, may also delete devices and call their methods: nothing of ours
// does. Its name is the hub's, because all custom roles of a tenant need different ones.
resource jobRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(hub.id, 'jobs')
  properties: {
    roleName: 'Jobs of ${name}'
    description: 'Schedule, read and cancel jobs of the IoT Hub ${name}.'
    type: 'CustomRole'
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.Devices/IotHubs/jobs/read'
          'Microsoft.Devices/IotHubs/jobs/write'
          'Microsoft.Devices/IotHubs/jobs/delete'
        ]
        notDataActions: []
      }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

resource scheduleJobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hub.id, appPrincipalId, 'jobs')
  scope: hub
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', jobRole.name)
  }
}

resource registerDevices 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(hub.id, deployerPrincipalId, roles.iotHubDataContributor)
  scope: hub
  properties: {
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.iotHubDataContributor)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: hub
  properties: {
    workspaceId: workspaceId
    logs: [for category in logCategories: { category: category, enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = hub.id
output name string = hub.name
output units int = capacity
// A hub behind the second generation of gateways has names of its own for services and for devices. They alone speak
// TLS 1.3; the name that all hubs have goes on with 1.2.
output serviceHostName string = hub.properties.?serviceHostName ?? hub.properties.hostName
output deviceHostName string = hub.properties.?deviceHostName ?? hub.properties.hostName
