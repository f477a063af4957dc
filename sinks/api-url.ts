/** Where the query API is that a command asks. */
import { InvalidArgumentError } from 'commander';
import { readConfig } from '#infra/config.ts';
import { urlOf } from '#infra/endpoints.ts';
import type { Answer } from './ask-api.ts';

/** Of an option: a URL without a slash at the end; throws commander's error of an argument that is none. */
export function apiUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password === '';
  if (plain) return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  throw new InvalidArgumentError('It must be like http://127.0.0.1:8001');
}

/** As the option says, else as ATI_HOST and ATI_API_PORT do. */
export function baseOf(given: string | undefined): Answer<string> {
  if (given !== undefined) return { ok: true, value: given };
  const read = readConfig(process.env);
  return read.ok
    ? { ok: true, value: urlOf(read.config, read.config.ATI_API_PORT) }
    : { ok: false, missing: false, reason: read.message };
}
