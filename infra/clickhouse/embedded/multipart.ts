/** A multipart/form-data request: `query` and `param_…` fields (a way round the limit on a URL's length). */
import { EngineError } from './engine-error.ts';

export async function readMultipart(
  body: Buffer,
  contentType: string,
): Promise<{ query: string | undefined; params: Map<string, string> }> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
    .formData()
    .catch((error: Error) => {
      throw new EngineError(36, 'BAD_ARGUMENTS', `the form cannot be read: ${error.message}`);
    });
  let query: string | undefined;
  const params = new Map<string, string>();
  for (const [name, value] of form) {
    if (typeof value !== 'string')
      throw new EngineError(48, 'NOT_IMPLEMENTED', `external tables (${name}) are not supported`);
    if (name === 'query') query = value;
    else if (/^param_\w+$/.test(name)) params.set(name, value);
    else throw new EngineError(36, 'BAD_ARGUMENTS', `the form's field ${name} is not known`);
  }
  return { query, params };
}
