metadata description = 'An Azure Monitor workbook for the fleet, on what the functions log.'

@description('Required. Title of the workbook.')
param title string

@description('Required. Region of the workbook.')
param location string

@description('Required. Tags of the workbook.')
param tags { *: string }

@description('Required. Id of the workspace that has the logs.')
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'fleet')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: title
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string(loadJsonContent('workbook.json'))
  }
}
