/**
 * Reads CSV as RFC 4180 has it: quoted cells may hold delimiters, line ends and doubled quotes. Either line end is
 * taken, a byte order mark is skipped, and so are empty lines.
 *
 * @throws SyntaxError, with the line, where a quote is never closed
 */
export function parseCsv(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let line = 1;
  let quotedSince: number | null = null;

  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  const endRow = () => {
    endCell();
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };

  for (let at = text.startsWith("\uFEFF") ? 1 : 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === "\n") line++;
    if (quotedSince !== null) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') cell += text[++at];
      else quotedSince = null;
    } else if (char === '"' && cell === "") quotedSince = line;
    else if (char === delimiter) endCell();
    else if (char === "\n") endRow();
    else if (char !== "\r") cell += char;
  }
  if (quotedSince !== null)
    throw new SyntaxError(`the quote that opens on line ${quotedSince} is never closed`);
  if (cell !== "" || row.length > 0) endRow();
  return rows;
}
