import type { Condition } from '../conditions/condition';
import type { Author } from '../history/writeLog';
import type { TagsPatch } from '../twins/tags';
import type { Engine, OriginalJob } from './tagJob';
import type { TagRow } from './tagRow';

/** Which devices to tag, and how. */
export type Targets =
  | {
      kind: 'list';
      rows: TagRow[];
      /** Where all have the same: the patch of every row. */
      tags: TagsPatch | undefined;
    }
  | { kind: 'where'; condition: Condition; tags: TagsPatch }
  /** What a job replaced, on so many devices, is put back. */
  | { kind: 'undo'; job: OriginalJob; devices: number; force: boolean };

/** What a caller asks for. */
export interface TagRequest {
  targets: Targets;
  /** Undefined: chosen by size. */
  engine: Engine | undefined;
  dryRun: boolean;
  author: Author;
  /** Whether what is replaced is kept, so that it can be put back. */
  undoable: boolean;
  /** The job, or the change, that is to be taken back. */
  undoes?: string;
  ignoredColumns: string[];
  idempotencyKey: string | undefined;
  /** The same for the same request. */
  fingerprint: string;
}
