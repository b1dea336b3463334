metadata description = 'The entry for azd: a resource group, and the system in it.'

targetScope = 'subscription'

@description('Required. Name of the azd environment.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Required. Region of everything.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Optional. Tier of the hub; F1 is free, one for each subscription.')
@allowed(['F1', 'S1', 'S2', 'S3'])
param iotHubSku string = 'S1'

@description('Optional. Units of the tier.')
@minValue(1)
@maxValue(200)
param iotHubUnits int = 1

@description('Optional. Memory of an instance of the app, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Optional. Most instances of the app.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Optional. Instances kept ready for HTTP requests.')
@minValue(0)
param alwaysReadyHttpInstances int = 0

@description('Optional. Whether what the app calls is reached through private endpoints alone.')
param privateNetworking bool = false

@description('Optional. Address to which alerts go.')
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

@description('Optional. Object id of the person who deploys: may register devices, and read dead-lettered events and poison messages.')
param principalId string = ''

@description('Optional. Kind of that principal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param principalType string = 'User'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: { 'azd-env-name': environmentName }
}

module resources 'resources.bicep' = {
  scope: group
  params: {
    environmentName: environmentName
    location: location
    iotHubSku: iotHubSku
    iotHubUnits: iotHubUnits
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttpInstances: alwaysReadyHttpInstances
    privateNetworking: privateNetworking
    alertEmail: alertEmail
    logQuotaGb: logQuotaGb
    allowedOrigins: allowedOrigins
    signInClientId: signInClientId
    routeConnections: routeConnections
    firstTags: firstTags
    principalId: principalId
    principalType: principalType
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_LOCATION string = location
output IOTHUB_HOSTNAME string = resources.outputs.IOTHUB_HOSTNAME
output IOTHUB_DEVICE_HOSTNAME string = resources.outputs.IOTHUB_DEVICE_HOSTNAME
output SERVICE_APP_NAME string = resources.outputs.SERVICE_APP_NAME
output SERVICE_APP_ENDPOINT_URL string = resources.outputs.SERVICE_APP_ENDPOINT_URL
output AZURE_TOPIC_NAME string = resources.outputs.AZURE_TOPIC_NAME
output AZURE_STORAGE_NAME string = resources.outputs.AZURE_STORAGE_NAME
output AZURE_DEAD_LETTER_IDENTITY_NAME string = resources.outputs.AZURE_DEAD_LETTER_IDENTITY_NAME
