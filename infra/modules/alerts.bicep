metadata description = 'What somebody should be told of: lost events, a throttled hub, failing functions, a relay that falls behind.'

@description('Required. Prefix of the alerts\' names.')
param prefix string

@description('Required. Region of the alerts on logs.')
param location string

@description('Required. Tags of the alerts.')
param tags { *: string }

@description('Required. Id of the workspace that has the logs.')
param workspaceId string

@description('Required. Id of the Event Grid topic.')
param topicId string

@description('Optional. Address to which alerts go; empty to show them in the portal alone.')
param email string = ''

type MetricAlert = {
  metric: string
  severity: int
  description: string
}

type LogAlert = {
  name: string
  severity: int
  description: string
  query: string
}

var metricAlerts MetricAlert[] = [
  {
    metric: 'DeadLetteredCount'
    severity: 2
    description: 'Events that onTwinChange never took lie in the container dead-letters.'
  }
  {
    metric: 'DroppedEventCount'
    severity: 1
    description: 'Events are lost: neither delivered nor dead-lettered. Look at the topic\'s roles on the storage account.'
  }
]

var logAlerts LogAlert[] = [
  {
    name: 'twin-operations-throttled'
    severity: 2
    description: 'The hub refuses twin reads, updates or queries for its quota. Ask less often, or add units.'
    query: 'AzureDiagnostics | where ResourceProvider == "MICROSOFT.DEVICES" and Category in ("C2DTwinOperations", "D2CTwinOperations", "TwinQueries") | where tostring(column_ifexists("ResultType", "")) startswith "429"'
  }
  {
    name: 'function-failures'
    severity: 2
    description: 'Invocations fail. AppExceptions has the reasons, by OperationId.'
    query: 'AppRequests | where Success == false'
  }
  {
    name: 'relay-lag'
    severity: 2
    description: 'Twin changes reach the topic more than five minutes after the hub told of them.'
    query: 'AppTraces | where OperationName == "relayTwinChanges" | extend lagMs = tolong(extract(@"lagMs=(\\d+)", 1, Message)) | where lagMs > 300000'
  }
]

resource actions 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${prefix}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'devicetwins'
    enabled: true
    emailReceivers: [{ name: 'operator', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource onMetrics 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for alert in metricAlerts: {
    name: '${prefix}-${alert.metric}'
    location: 'global'
    tags: tags
    properties: {
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [topicId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT5M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: alert.metric
            criterionType: 'StaticThresholdCriterion'
            metricName: alert.metric
            operator: 'GreaterThan'
            threshold: 0
            timeAggregation: 'Total'
            skipMetricValidation: true
          }
        ]
      }
      actions: empty(email) ? [] : [{ actionGroupId: actions.id }]
    }
  }
]

resource onLogs 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in logAlerts: {
    name: '${prefix}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.name
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT5M'
      autoMitigate: true
      // The tables come with the first row.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(email) ? [] : [actions.id] }
    }
  }
]
