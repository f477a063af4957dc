import { ownAuthorization, tokenAdvice } from '#infra/access/own-token.ts';
import { causeOf } from '#infra/errors.ts';

export type Asked<Row> =
  | { readonly ok: true; readonly rows: readonly Row[] }
  /** `later`: asking again may help. */
  | { readonly ok: false; readonly later: boolean; readonly reason: string };

const TIMEOUT_MS = 15_000;
/** Too many at a time, or not ready. */
const BUSY = [429, 502, 503, 504];

/** One SQL statement, asked of the query API. */
export async function askSql<Row>(api: string, query: string): Promise<Asked<Row>> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL('/v1/sql', api), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...ownAuthorization() },
      body: JSON.stringify({ query }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    const reason = `ATI's query API does not answer at ${api} (${causeOf(error)}): is ATI running? npm start, or --api URL`;
    return { ok: false, later: false, reason };
  }
  const advice = tokenAdvice(response.status, 'read');
  if (advice !== undefined)
    return { ok: false, later: false, reason: `ATI's query API at ${api} refuses: ${advice}` };
  if (!response.ok)
    return {
      ok: false,
      later: BUSY.includes(response.status),
      reason: `ATI's query API at ${api} answered ${response.status}: ${text.slice(0, 500)}`,
    };
  const rows = rowsOf(text);
  if (typeof rows === 'string')
    return { ok: false, later: false, reason: `${api} is not ATI's query API: it answered ${rows}` };
  return { ok: true, rows: rows as Row[] };
}

/** The rows of an answer, or what it has instead. */
function rowsOf(text: string): unknown[] | 'no JSON' | 'no rows' {
  try {
    const said = JSON.parse(text) as { data?: unknown } | null;
    return Array.isArray(said?.data) ? said.data : 'no rows';
  } catch {
    return 'no JSON';
  }
}
