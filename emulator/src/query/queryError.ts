/** A query is not of the language; the message says where and what was expected. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}
