// Loaded into Azurite before its own modules. Azurite finds a row by the index of partition keys, and then goes through the
// whole partition, once for each row that is read or written. With this it begins with the index that leaves fewer rows. No
// two rows have both keys in common, so it finds the same one.
import { createRequire } from 'node:module';

const azurite = createRequire(createRequire(import.meta.url).resolve('azurite/package.json'));
const { Resultset } = azurite('lokijs');
const { findAnd } = Resultset.prototype;
const keys = ['PartitionKey', 'RowKey'];

/** LokiJS: "Only the first filter can utilize a binary index". It calls this by this name. */
Resultset.prototype.$and = function (filters) {
  const { collection, filterInitialized } = this;
  const isOfRow = filters.length === keys.length && keys.every((key, at) => typeof filters[at][key] === 'string');
  if (!isOfRow || filterInitialized) return findAnd.call(this, filters);
  const [inPartition, withRowKey] = keys.map((key, at) => {
    const [first, last] = collection.calculateRange('$eq', key, filters[at][key]);
    return last - first;
  });
  return findAnd.call(this, inPartition <= withRowKey ? filters : filters.toReversed());
};
