import type { Methods } from '../hub/methods';
import type { TwinWrite } from '../hub/twin';
import type { TwinDocument } from '../service/types';
import type { Query } from './findDevices';

/** What jobs need of their hub. */
export interface JobHub {
  query: Query;
  patchTwin(id: string, write: TwinWrite): Promise<TwinDocument>;
  methods: Methods;
}
