import type { Serve } from '../../src/api/http/endpoint';
import type { Services } from '../../src/app/services';
import { changes } from '../../src/functions/changes';
import { deviceChanges } from '../../src/functions/deviceChanges';
import { getTwin } from '../../src/functions/getTwin';
import { locationDevices } from '../../src/functions/locationDevices';
import { locationDevicesByPath } from '../../src/functions/locationDevicesByPath';
import { locations } from '../../src/functions/locations';
import { openapi } from '../../src/functions/openapi';
import { queryTwins } from '../../src/functions/queryTwins';
import { statistics } from '../../src/functions/statistics';
import { summary } from '../../src/functions/summary';
import { tagJob } from '../../src/functions/tagJob';
import { tagJobOutcomes } from '../../src/functions/tagJobOutcomes';
import { tagJobsList } from '../../src/functions/tagJobsList';
import { tagTwin } from '../../src/functions/tagTwin';
import { tagTwins } from '../../src/functions/tagTwins';
import { trends } from '../../src/functions/trends';
import { undoChange } from '../../src/functions/undoChange';
import { undoJob } from '../../src/functions/undoJob';

/** The HTTP functions by the operations of the OpenAPI document. */
export const documentedFunctions: Readonly<Record<string, Serve<Services>>> = {
  getTwin,
  tagTwin,
  statistics,
  queryTwins,
  summary,
  tagTwins,
  tagJobsList,
  tagJob,
  tagJobOutcomes,
  cancelTagJob: tagJob,
  changes,
  deviceChanges,
  locations,
  locationDevices,
  locationDevicesByPath,
  trends,
  undoJob,
  undoChange,
  openapi,
};
