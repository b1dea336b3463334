metadata description = 'The storage account: the state of the Functions host, the published package, dead-lettered events, and the tables in which the app keeps the changes of twins and the members of locations. No shared keys.'

import { roles } from 'roles.bicep'

@description('Required. Name of the account: 3 to 24 lower-case letters and digits.')
param name string

@description('Required. Region of the account.')
param location string

@description('Required. Tags of the account.')
param tags { *: string }

@description('Required. Principal id of the function app\'s identity.')
param appPrincipalId string

@description('Required. Principal id of the identity that writes dead-lettered events.')
param deadLetterPrincipalId string

@description('Required. Whether only private endpoints and trusted services of Azure reach the account.')
param isPrivate bool

@description('Optional. Object id of the person who deploys, to read dead-lettered events; empty for nobody.')
param deployerPrincipalId string = ''

@description('Optional. Kind of that principal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param deployerPrincipalType string = 'User'

var appRoles = [roles.storageBlobDataOwner, roles.storageTableDataContributor]

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
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

    resource deadLetters 'containers' = {
      name: 'dead-letters'
    }
  }

  resource lifecycle 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'delete-old-dead-letters'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['${account::blobs::deadLetters.name}/'] }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 30 } } }
            }
          }
        ]
      }
    }
  }
}

resource appAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in appRoles: {
    name: guid(account.id, appPrincipalId, role)
    scope: account
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource writeDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::deadLetters.id, deadLetterPrincipalId, roles.storageBlobDataContributor)
  scope: account::blobs::deadLetters
  properties: {
    principalId: deadLetterPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
  }
}

resource readDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(account::blobs::deadLetters.id, deployerPrincipalId, roles.storageBlobDataReader)
  scope: account::blobs::deadLetters
  properties: {
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
  }
}

output id string = account.id
output blobEndpoint string = account.properties.primaryEndpoints.blob
output tableEndpoint string = account.properties.primaryEndpoints.table
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${account::blobs::packages.name}'
