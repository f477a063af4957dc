/** For tests: an authority, and certificates that it has signed, in PEM. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generate } from 'selfsigned';

export interface Pem {
  readonly cert: string;
  /** PKCS 8. */
  readonly key: string;
}

/** Signs nothing but what a test asks of it. */
export async function newAuthority(name = 'test authority'): Promise<Pem> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** For a server at 127.0.0.1 and `localhost`, or another address, and for clients. */
export async function certificateOf(authority: Pem, name: string, address = '127.0.0.1'): Promise<Pem> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    ca: { key: authority.key, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: address === '127.0.0.1' ? 'localhost' : name },
          { type: 7, ip: address },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** Files in `directory`, as variables of the configuration name them. */
export async function writePem(
  directory: string,
  name: string,
  { cert, key }: Pem,
): Promise<{ readonly cert: string; readonly key: string }> {
  await mkdir(directory, { recursive: true });
  const files = { cert: path.join(directory, `${name}.pem`), key: path.join(directory, `${name}.key`) };
  await writeFile(files.cert, cert);
  await writeFile(files.key, key, { mode: 0o600 });
  return files;
}
