import type { Means } from '../reactions/react';
import type { Services } from './services';
import { need } from './settings';

/** What reactions work with, of all services. */
export function reactionMeans({ hub, records, settings }: Services): Means {
  const { history, members } = records() ?? {};
  return {
    hub,
    history,
    members,
    paths: { location: need(settings.locationPath), connectivity: need(settings.connectivityPath) },
    firstTags: need(settings.firstTags),
  };
}
