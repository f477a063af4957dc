/** Content codings of request and response bodies. */
import type { Transform } from 'node:stream';
import zlib from 'node:zlib';

export const CODINGS = ['br', 'gzip', 'deflate', 'zstd'] as const;
export type Coding = (typeof CODINGS)[number];

/** Fast levels: both ends are on one machine. */
const COMPRESS: Readonly<Record<Coding, () => Transform>> = {
  br: () => zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
  gzip: () => zlib.createGzip({ level: 1 }),
  deflate: () => zlib.createDeflate({ level: 1 }),
  zstd: () => zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } }),
};

const DECOMPRESS: Readonly<Record<Coding, () => Transform>> = {
  br: () => zlib.createBrotliDecompress(),
  gzip: () => zlib.createGunzip(),
  deflate: () => zlib.createInflate(),
  zstd: () => zlib.createZstdDecompress(),
};

export function compressor(coding: Coding): Transform {
  return COMPRESS[coding]();
}

/** Undefined for a coding that is not known. */
export function decompressor(name: string): Transform | undefined {
  const coding = CODINGS.find((known) => known === name);
  return coding === undefined ? undefined : DECOMPRESS[coding]();
}

/** The first of ours that the Accept-Encoding header names, as ClickHouse chooses; `q=0` refuses one. */
export function acceptedCoding(header: string | string[] | undefined): Coding | undefined {
  const names = String(header ?? '')
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => !/;\s*q=0(\.0*)?$/.test(item))
    .map((item) => item.split(';')[0].trim());
  return CODINGS.find((coding) => names.includes(coding));
}
