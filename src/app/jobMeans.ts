import { quotasOf } from '../azure/hub/quotas';
import type { JobMeans } from '../tagJobs/jobMeans';
import { needQueue, needRecords, type Services } from './services';
import { need } from './settings';

/** What tag jobs are carried out with, of all services. */
export function jobMeans(services: Services): JobMeans {
  const { hub, records, settings } = services;
  return {
    hub,
    quotas: () => quotasOf(need(settings.sku), need(settings.units)),
    store: () => records()?.tagJobs,
    needStore: () => needRecords(services).tagJobs,
    needQueue: () => needQueue(services),
  };
}
