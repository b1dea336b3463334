import { quotasOf } from '../azure/hub/quotas';
import type { FillMeans } from '../members/fill';
import { needQueue, needRecords, type Services } from './services';
import { need } from './settings';

/** What the first fill of the members works with, of all services. */
export function fillMeans(services: Services): FillMeans {
  const { hub, settings } = services;
  return {
    hub,
    quotas: quotasOf(need(settings.sku), need(settings.units)),
    queue: needQueue(services),
    paths: { location: need(settings.locationPath), connectivity: need(settings.connectivityPath) },
    records: needRecords(services),
  };
}
