metadata description = 'What somebody should be told of: lost events, a throttled hub, failing functions, a relay that falls behind, a tag job that is stuck, what could not be read, members that stay wrong.'

@description('Required. Prefix of the alerts\' names.')
param prefix string

@description('Required. Region of the alerts on logs.')
param location string

@description('Required. Tags of the alerts.')
param tags { *: string }

@description('Required. Id of the workspace that has the logs.')
param workspaceId string

@description('Required. Id of the IoT Hub.')
param hubId string

@description('Required. Id of the Event Grid topic.')
param topicId string

@description('Optional. Address to which alerts go; empty to show them in the portal alone.')
param email string = ''

type MetricAlert = {
  @description('Id of the resource that has the metric.')
  of: string

  metric: string
  severity: int
  description: string
}

type LogAlert = {
  name: string
  severity: int
  description: string

  @description('How far each look goes back; five minutes unless told otherwise.')
  window: string?

  query: string
}

var metricAlerts MetricAlert[] = [
  {
    of: topicId
    metric: 'DeadLetteredCount'
    severity: 2
    description: 'Events that onTwinChange never took lie in the container dead-letters.'
  }
  {
    of: topicId
    metric: 'DroppedEventCount'
    severity: 1
    description: 'Events are lost: neither delivered nor dead-lettered. Look at the topic\'s roles on the storage account.'
  }
  {
    of: hubId
    metric: 'jobs.failed'
    severity: 2
    description: 'A job of the hub failed as a whole. GET /api/tagJobs/{jobId} says why.'
  }
]

var logAlerts LogAlert[] = [
  {
    name: 'twin-operations-throttled'
    severity: 2
    description: 'The hub refuses more than a fifth of the twin reads, updates or queries for its quota. Ask less often, or add units.'
    // A tag job finds the hub's pace by meeting it now and then: some refusals are as it should be.
    window: 'PT15M'
    query: 'AzureDiagnostics | where ResourceProvider == "MICROSOFT.DEVICES" and Category in ("C2DTwinOperations", "D2CTwinOperations", "TwinQueries") | summarize refused = countif(tostring(column_ifexists("ResultType", "")) startswith "429"), total = count() | where refused > 10 and refused * 5 > total'
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
  {
    name: 'tag-job-stuck'
    severity: 2
    description: 'A part of a tag job was tried nine times in a row, for a quarter of an hour at least, and none of it got done. The log lines of workTagJobs say what hinders.'
    window: 'PT15M'
    query: 'AppTraces | where OperationName == "workTagJobs" | extend attempt = toint(extract(@"attempt=(\\d+)", 1, Message)) | where attempt >= 8'
  }
  {
    name: 'poison-messages'
    severity: 2
    description: 'Messages that workTagJobs could not work were put aside: look at them in the queue whose name ends with -poison. They are deleted after seven days.'
    query: 'StorageQueueLogs | where OperationName == "PutMessage" and StatusCode startswith "2" and Uri contains "-poison/messages"'
  }
  {
    name: 'put-aside'
    severity: 2
    description: 'What came by the Event Hub or the topic could not be read, and was put aside: it is kept in the table PutAside of the storage account, with what is wrong with it.'
    query: 'AppTraces | where (OperationName == "relayTwinChanges" and Message startswith "Notification put aside") or (OperationName == "onTwinChange" and Message startswith "Event put aside")'
  }
  {
    name: 'members-drift'
    severity: 2
    description: 'The hub counts other numbers of devices than are kept, in the same places for three runs of runTwinQueries. Its lines name them: events were lost, or the comparison is too slow.'
    query: 'AppTraces | where OperationName == "runTwinQueries" and Message startswith "members: drift stays"'
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
      scopes: [alert.of]
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
      windowSize: alert.?window ?? 'PT5M'
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
