// The built-in roles that this system assigns, by the ids that are the same in every tenant.

@export()
var roles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageQueueDataMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
  storageQueueDataReader: '19e7f393-937e-4f77-808e-94535e297925'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  eventHubsDataReceiver: 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
  eventHubsDataSender: '2b629674-e913-4c01-ae53-ef4638d8f975'
  eventGridDataSender: 'd5a91429-5739-47e2-a06b-3470a27159e7'
  iotHubDataContributor: '4fc6c259-987e-4a07-842e-c321cc9d413f'
  iotHubDataReader: 'b447c946-2db7-41ec-983d-d8bf3b1c77e3'
  iotHubTwinContributor: '494bdba2-168f-4f31-a0a1-191d2f7c028c'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}
