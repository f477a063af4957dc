/** Content types of ClickHouse's output formats, as its HTTP interface names them. */
import { isWord, type Token, tokenize } from '../sql-lexer.ts';

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/^JSON(Compact|Strings|CompactStrings|Object)?EachRow/i, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/i, 'application/json; charset=UTF-8'],
  [/^(TSV|TabSeparated)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSV/i, 'text/csv; charset=UTF-8'],
  [/^XML$/i, 'application/xml; charset=UTF-8'],
  [
    /^(Pretty|Vertical|Values|Markdown|SQLInsert|LineAsString|TSKV|Template|CustomSeparated)/i,
    'text/plain; charset=UTF-8',
  ],
];

export function contentTypeOf(format: string): string {
  return TYPES.find(([pattern]) => pattern.test(format))?.[1] ?? 'application/octet-stream';
}

/** The format that the query's own FORMAT clause names, if any; only for the answer's headers. */
export function formatClause(sql: string): string | undefined {
  let previous: Token | undefined;
  let format: string | undefined;
  for (const token of tokenize(sql)) {
    if (isWord(previous, 'FORMAT') && token.type === 'word') format = token.text;
    else if (isWord(token, 'SELECT')) format = undefined;
    previous = token;
  }
  return format;
}
