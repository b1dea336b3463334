import type { TypedData } from '../core/rpc';
import { deserializeJson, writeJson } from '../dotnet/newtonsoft';

/**
 * The bodies of a batch as the worker gets them, by the binding's `dataType` (azure-webjobs-sdk,
 * `PocoTriggerArgumentBinding`; azure-functions-host, `GrpcMessageConversionExtensions`). As strings they come untouched, but
 * empty ones only where the app asks for them; as binary they come all; without a type each is read by Newtonsoft.Json and
 * written again.
 *
 * @throws Error where a body without a type is no JSON: then the whole batch fails.
 */
export function toTriggerData(bodies: readonly Buffer[], dataType: unknown, keepsEmpty: boolean): TypedData {
  switch (String(dataType ?? '').toLowerCase()) {
    case 'string':
      return { collectionString: { string: bodies.map(String).filter((body) => keepsEmpty || body !== '') } };
    case 'binary':
      return { collectionBytes: { bytes: [...bodies] } };
    default:
      return { json: `[${bodies.map((body) => writeJson(deserializeJson(body.toString()))).join(',')}]` };
  }
}
