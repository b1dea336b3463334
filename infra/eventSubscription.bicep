metadata description = 'The topic\'s subscriptions to functions. Deployed after the code: Event Grid asks for each function when it subscribes.'

@description('Required. Name of the topic; main.bicep has it as output AZURE_TOPIC_NAME.')
param topicName string

@description('Required. Name of the function app; output SERVICE_APP_NAME.')
param functionAppName string

@description('Required. Name of the storage account for dead-lettered events; output AZURE_STORAGE_NAME.')
param storageName string

@description('Required. Name of the identity that writes dead-lettered events; output AZURE_DEAD_LETTER_IDENTITY_NAME.')
param deadLetterIdentityName string

var topology = loadJsonContent('topology.json')

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

resource storage 'Microsoft.Storage/storageAccounts@2026-09-01' existing = {
  name: storageName
}

resource deadLetterIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: deadLetterIdentityName
}

resource subscriptions 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = [
  for subscription in topology.topic.subscriptions: {
    parent: topic
    name: subscription.name
    properties: {
      eventDeliverySchema: 'CloudEventSchemaV1_0'
      destination: {
        endpointType: 'AzureFunction'
        properties: {
          resourceId: '${app.id}/functions/${subscription.function}'
          maxEventsPerBatch: subscription.maxEventsPerBatch
          preferredBatchSizeInKilobytes: subscription.preferredBatchSizeInKilobytes
        }
      }
      filter: { includedEventTypes: subscription.includedEventTypes }
      retryPolicy: {
        maxDeliveryAttempts: subscription.maxDeliveryAttempts
        eventTimeToLiveInMinutes: subscription.eventTimeToLiveInMinutes
      }
      deadLetterWithResourceIdentity: {
        identity: { type: 'UserAssigned', userAssignedIdentity: deadLetterIdentity.id }
        deadLetterDestination: {
          endpointType: 'StorageBlob'
          properties: { resourceId: storage.id, blobContainerName: 'dead-letters' }
        }
      }
    }
  }
]
