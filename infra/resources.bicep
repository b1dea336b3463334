metadata description = 'The whole system in one resource group: the entry for `az deployment group create`, and what main.bicep deploys for azd.'

@description('Required. Name of the environment, for example "dev": it distinguishes deployments by their tags and names.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Optional. Region of everything.')
param location string = resourceGroup().location

@description('Optional. Tier of the hub. F1 is free, one for each subscription, and gets a slower schedule with one page; a hub of the free tier cannot become one of another.')
@allowed(['F1', 'S1', 'S2', 'S3'])
param iotHubSku string = 'S1'

@description('Optional. Units of the tier; the free tier has one.')
@minValue(1)
@maxValue(200)
param iotHubUnits int = 1

@description('Optional. Version of Node.')
@allowed(['22', '24'])
param nodeVersion string = '24'

@description('Optional. Memory of an instance of the app, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Optional. Most instances of the app. The platform adds one for every 16 messages in the queue (batchSize of host.json); a tag job at an S1 hub keeps no more than that in it. The plan is documented to take no fewer than 40.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Optional. Instances kept ready for HTTP requests.')
@minValue(0)
param alwaysReadyHttpInstances int = 0

@description('Optional. Whether what the app calls is reached through private endpoints alone. The hub stays open for devices, the app for requests and for Event Grid.')
param privateNetworking bool = false

@description('Optional. Address to which alerts go; empty to show them in the portal alone.')
param alertEmail string = ''

@description('Optional. Most that is logged in a day, in GB.')
param logQuotaGb int = 1

@description('Optional. Origins whose pages may call the app from a browser (CORS), as https://fleet.example; * for all.')
param allowedOrigins string[] = []

@description('Optional. Client id of the app registration by which callers sign in, with the app roles Fleet.Read and Fleet.Write; empty for function keys.')
param signInClientId string = ''

@description('Optional. Whether who connects and disconnects is followed too. It costs with every device and every time; docs/operations.md has an example.')
param routeConnections bool = false

@description('Optional. Tags that a new device gets where it has none, as JSON; none if empty.')
param firstTags string = ''

@description('Optional. Object id of the person who deploys: may register devices, and read dead-lettered events and poison messages. Empty for nobody.')
param principalId string = ''

@description('Optional. Kind of that principal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param principalType string = 'User'

var topology = loadJsonContent('topology.json')
var tags = { 'azd-env-name': environmentName }
var token = toLower(uniqueString(subscription().id, resourceGroup().id, environmentName, location))

// 8,000 messages a day, metered by half a kilobyte: an hourly run that lists one page spends an eighth of them at most.
var freeTierSettings = { TWIN_QUERY_SCHEDULE: '0 0 * * * *', TWIN_QUERY_MAX_PAGES: '1' }

// The app asks the platform, too, whether it signs callers in: one of the two alone opens nothing.
var signInSettings = empty(signInClientId) ? {} : { SIGN_IN: 'true' }

module appIdentity 'modules/identity.bicep' = {
  params: { name: 'id-app-${token}', location: location, tags: tags }
}

module routingIdentity 'modules/identity.bicep' = {
  params: { name: 'id-routing-${token}', location: location, tags: tags }
}

module deadLetterIdentity 'modules/identity.bicep' = {
  params: { name: 'id-deadletter-${token}', location: location, tags: tags }
}

module packageIdentity 'modules/identity.bicep' = {
  params: { name: 'id-package-${token}', location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: 'log-${token}'
    componentName: 'appi-${token}'
    location: location
    tags: tags
    publisherPrincipalId: appIdentity.outputs.principalId
    dailyQuotaGb: logQuotaGb
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    queueNames: topology.queues.names
    appPrincipalId: appIdentity.outputs.principalId
    deadLetterPrincipalId: deadLetterIdentity.outputs.principalId
    isPrivate: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
  }
}

module packageStorage 'modules/packageStorage.bicep' = {
  params: {
    name: 'stpkg${token}'
    location: location
    tags: tags
    publisherPrincipalId: packageIdentity.outputs.principalId
    isPrivate: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
  }
}

module eventHubs 'modules/eventHubs.bicep' = {
  params: {
    name: 'evhns-${token}'
    location: location
    tags: tags
    eventHubs: topology.eventHubs.hubs
    receiverPrincipalId: appIdentity.outputs.principalId
    senderPrincipalId: routingIdentity.outputs.principalId
    isPrivate: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
  }
}

// Its routes are tried when they are saved, so the identity's role on the Event Hub comes first, with that module.
module iotHub 'modules/iotHub.bicep' = {
  params: {
    name: 'iot-${token}'
    location: location
    tags: tags
    sku: iotHubSku
    units: iotHubUnits
    routes: topology.routes
    enabledRoutes: routeConnections ? ['device-connections'] : []
    eventHubsNamespace: eventHubs.outputs.fullyQualifiedNamespace
    routingIdentityId: routingIdentity.outputs.id
    appPrincipalId: appIdentity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
  }
}

module topic 'modules/topic.bicep' = {
  params: {
    name: 'evgt-${token}'
    location: location
    tags: tags
    deadLetterIdentityId: deadLetterIdentity.outputs.id
    publisherPrincipalId: appIdentity.outputs.principalId
    isPrivate: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  params: {
    name: 'vnet-${token}'
    location: location
    tags: tags
    services: [
      {
        name: 'blob'
        group: 'blob'
        ids: [storage.outputs.id, packageStorage.outputs.id]
        domain: 'blob.${environment().suffixes.storage}'
      }
      { name: 'queue', group: 'queue', ids: [storage.outputs.id], domain: 'queue.${environment().suffixes.storage}' }
      { name: 'table', group: 'table', ids: [storage.outputs.id], domain: 'table.${environment().suffixes.storage}' }
      { name: 'eventhubs', group: 'namespace', ids: [eventHubs.outputs.id], domain: eventHubs.outputs.domain }
      { name: 'topic', group: 'topic', ids: [topic.outputs.id], domain: 'eventgrid.azure.net' }
    ]
  }
}

module functionApp 'modules/functionApp.bicep' = {
  params: {
    name: 'func-${token}'
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityId: appIdentity.outputs.id
    packageContainerUrl: packageStorage.outputs.packageContainerUrl
    packageIdentityId: packageIdentity.outputs.id
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttpInstances: alwaysReadyHttpInstances
    subnetId: network.?outputs.appSubnetId ?? ''
    allowedOrigins: allowedOrigins
    signInClientId: signInClientId
    settings: union(topology.settings, iotHubSku == 'F1' ? freeTierSettings : {}, signInSettings, {
      IOTHUB_HOSTNAME: iotHub.outputs.serviceHostName
      IOTHUB_SKU: iotHubSku
      IOTHUB_UNITS: string(iotHub.outputs.units)
      AZURE_CLIENT_ID: appIdentity.outputs.clientId
      TwinChanges__fullyQualifiedNamespace: eventHubs.outputs.fullyQualifiedNamespace
      TwinChanges__credential: 'managedidentity'
      TwinChanges__clientId: appIdentity.outputs.clientId
      TwinChangesTopic__topicEndpointUri: topic.outputs.endpoint
      TwinChangesTopic__credential: 'managedidentity'
      TwinChangesTopic__clientId: appIdentity.outputs.clientId
      TWIN_TABLES_ENDPOINT: storage.outputs.tableEndpoint
      TWIN_FIRST_TAGS: firstTags
      TagJobs__queueServiceUri: storage.outputs.queueEndpoint
      TagJobs__credential: 'managedidentity'
      TagJobs__clientId: appIdentity.outputs.clientId
      AzureWebJobsStorage__blobServiceUri: storage.outputs.blobEndpoint
      AzureWebJobsStorage__tableServiceUri: storage.outputs.tableEndpoint
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: appIdentity.outputs.clientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${appIdentity.outputs.clientId};Authorization=AAD'
    })
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    prefix: 'twins-${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    hubId: iotHub.outputs.id
    topicId: topic.outputs.id
    email: alertEmail
  }
}

module workbook 'modules/workbook.bicep' = {
  params: {
    title: 'Device twins (${environmentName})'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

output IOTHUB_HOSTNAME string = iotHub.outputs.serviceHostName
output IOTHUB_DEVICE_HOSTNAME string = iotHub.outputs.deviceHostName
output SERVICE_APP_NAME string = functionApp.outputs.name
output SERVICE_APP_ENDPOINT_URL string = functionApp.outputs.url
output AZURE_TOPIC_NAME string = topic.outputs.name
output AZURE_STORAGE_NAME string = 'st${token}'
output AZURE_DEAD_LETTER_IDENTITY_NAME string = 'id-deadletter-${token}'
