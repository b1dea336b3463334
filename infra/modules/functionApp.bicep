metadata description = 'The Functions app on a Flex Consumption plan, with every setting that it reads.'

@description('Required. Name of the app.')
param name string

@description('Required. Name of the plan.')
param planName string

@description('Required. Region of both.')
param location string

@description('Required. Tags of both.')
param tags { *: string }

@description('Required. Resource id of the app\'s identity.')
param identityId string

@description('Required. Resource id of the identity by which the platform publishes and reads the package.')
param packageIdentityId string

@description('Required. Url of the container to which the package is published.')
param packageContainerUrl string

@description('Required. Every app setting: a deployment replaces all of them.')
param settings { *: string }

@description('Required. Version of Node, as Flex Consumption names it.')
@allowed(['22', '24'])
param nodeVersion string

@description('Required. Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Required. Most instances.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

@description('Required. Instances kept ready for HTTP requests: 0 saves their price, and pays with cold starts.')
@minValue(0)
param alwaysReadyHttpInstances int

@description('Required. Id of the subnet for what the app sends; empty for the internet.')
param subnetId string

@description('Required. Origins whose pages may call the app from a browser; what they may read besides, the app says.')
param allowedOrigins string[]

@description('Required. Client id of the app registration by which callers sign in; empty where they have function keys.')
param signInClientId string

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {}, '${packageIdentityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: { minTlsVersion: '1.2', ftpsState: 'Disabled', cors: { allowedOrigins: allowedOrigins } }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: packageIdentityId }
        }
      }
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyHttpInstances == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyHttpInstances }]
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: settings
  }

  // Nobody is turned away here: Event Grid and the master key's holder do not sign in. The app judges, by what this tells it.
  resource signIn 'config' = if (!empty(signInClientId)) {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' }
      httpSettings: { requireHttps: true }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: signInClientId
            openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          }
          validation: { allowedAudiences: [signInClientId, 'api://${signInClientId}'] }
        }
      }
      login: { preserveUrlFragmentsForLogins: true, tokenStore: { enabled: false } }
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
}

output id string = site.id
output name string = site.name
output url string = 'https://${site.properties.defaultHostName}'
