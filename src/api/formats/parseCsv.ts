import type { ListedFields } from '../../conditions/twinQuery';
import { InvalidInputError } from '../../errors/invalidInputError';
import { NamedDevices, refuseEmpty, type TagRow, type TagRows } from '../../tagJobs/tagRow';
import { parseDeviceId } from '../../twins/deviceId';
import { parseIdCell } from './idCell';
import { LineFaults } from './lineFaults';
import { readCondition } from './readCondition';
import { type CsvRecord, readCsv } from './readCsv';
import { type Columns, parseHeader, readTags } from './tagColumns';

/**
 * Reads CSV with a header: one device a record. Empty columns and records that a spreadsheet leaves at the end say nothing.
 *
 * @throws InvalidLinesError
 */
export function parseCsv(text: string, paths: ListedFields): TagRows {
  const faults = new LineFaults();
  const records = readCsv(text);
  const header = records.next().value;
  const columns = header && faults.read(header.line, () => parseHeader(sound(header).cells, paths));
  // Without a header no record means anything.
  const rows = columns ? readRows(records, columns, faults) : [];
  faults.throwAny();
  if (!columns || rows.length === 0)
    throw new InvalidInputError('The body names no device: send a header and records.');
  refuseEmpty(rows);
  return { rows, ignoredColumns: columns.ignored };
}

function readRows(records: Iterable<CsvRecord>, columns: Columns, faults: LineFaults): TagRow[] {
  const rows: TagRow[] = [];
  const named = new NamedDevices((line) => `line ${line}`);
  for (const record of records) {
    if (record.fault === undefined && record.cells.every((cell) => cell === '')) continue;
    faults.read(record.line, () => rows.push(readRow(record, columns, named)));
    if (faults.areMany) break;
  }
  return rows;
}

function readRow(record: CsvRecord, columns: Columns, named: NamedDevices): TagRow {
  const { line, cells } = sound(record);
  if (cells.length < columns.count || cells.slice(columns.count).some((cell) => cell !== '')) {
    throw new InvalidInputError(`it has ${cells.length} cells, where the header has ${columns.count}.`);
  }
  const deviceId = parseDeviceId(parseIdCell(cells[columns.deviceId]));
  named.add(deviceId, line);
  return { deviceId, tags: readTags(cells, columns.tags), ...readCondition(cells[columns.ifMatch] || undefined) };
}

function sound(record: CsvRecord): CsvRecord {
  if (record.fault !== undefined) throw new InvalidInputError(`${record.fault}.`);
  return record;
}
