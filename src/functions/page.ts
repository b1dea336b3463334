import { join } from 'node:path';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { type Assets, answerAsset, answerPage, readAssets } from '../api/http/assets';

/** The build puts it beside the bundle. */
const folder = join(__dirname, 'page');

let read: Promise<Assets> | undefined;

/** Answers a file of the operator's page, or for any other address the page; keys are for what it asks the API. */
export async function page({ params, headers, url }: HttpRequest): Promise<HttpResponseInit> {
  read ??= readAssets(folder);
  const assets = await read;
  const { file = '' } = params;
  const asset = assets.files.get(file);
  if (asset) return answerAsset(asset, headers);
  return /\.\w+$/.test(file) ? { status: 404 } : answerPage(assets.page, new URL(url).pathname, headers);
}
