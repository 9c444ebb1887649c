export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

const END_OF_HEAD = "\r\n\r\n";

/** Reads the answers of one connection, one after the other: those of a server that says their length. */
export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0);
  #head: { readonly status: number; readonly bodyAt: number; readonly end: number } | null = null;

  /** @returns the answer, once it is whole */
  push(chunk: Buffer): HttpAnswer | null {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#head ??= headOf(this.#bytes);
    if (this.#head === null || this.#bytes.length < this.#head.end) return null;
    const { status, bodyAt, end } = this.#head;
    const body = this.#bytes.toString("utf8", bodyAt, end);
    this.#bytes = this.#bytes.subarray(end);
    this.#head = null;
    return { status, body };
  }
}

function headOf(bytes: Buffer): { status: number; bodyAt: number; end: number } | null {
  const endOfHead = bytes.indexOf(END_OF_HEAD);
  if (endOfHead < 0) return null;
  const head = bytes.toString("latin1", 0, endOfHead);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without content-length:\n${head}`);
  const bodyAt = endOfHead + END_OF_HEAD.length;
  return { status: Number(head.slice(9, 12)), bodyAt, end: bodyAt + Number(length) };
}
