metadata description = 'The storage account of the published package, apart from the data: who writes there decides what the app runs. No shared keys.'

import { roles } from 'roles.bicep'

@description('Required. Name of the account: 3 to 24 lower-case letters and digits.')
param name string

@description('Required. Region of the account.')
param location string

@description('Required. Tags of the account.')
param tags { *: string }

@description('Required. Principal id of the identity by which the platform publishes and reads the package; the app has none there.')
param publisherPrincipalId string

@description('Required. Whether only private endpoints and trusted services of Azure reach the account.')
param isPrivate bool

@description('Required. Id of the workspace for diagnostic logs.')
param workspaceId string

resource account 'Microsoft.Storage/storageAccounts@2026-09-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    networkAcls: { bypass: 'AzureServices', defaultAction: isPrivate ? 'Deny' : 'Allow' }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource packages 'containers' = {
      name: 'app-package'
    }
  }
}

resource publish 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::packages.id, publisherPrincipalId, roles.storageBlobDataContributor)
  scope: account::blobs::packages
  properties: {
    principalId: publisherPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageWrite', enabled: true }, { category: 'StorageDelete', enabled: true }]
  }
}

output id string = account.id
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${account::blobs::packages.name}'
