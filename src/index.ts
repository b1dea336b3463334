import { app } from '@azure/functions';
import { services } from './services';
import { describeProblem, settingProblems } from './settings';
import './functions/deviceChanges';
import './functions/getTwin';
import './functions/locationDevices';
import './functions/locations';
import './functions/onTwinChange';
import './functions/openapi';
import './functions/queryTwins';
import './functions/relayTwinChanges';
import './functions/runTwinQueries';
import './functions/statistics';
import './functions/summary';
import './functions/tagJob';
import './functions/tagTwin';
import './functions/tagTwins';
import './functions/workTagJobs';

app.hook.appStart(() => {
  for (const problem of settingProblems(services.settings)) console.error(describeProblem(problem));
});
