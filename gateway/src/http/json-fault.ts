export interface JsonFault {
  /** Characters before the fault. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const WHITESPACE = /[ \t\n\r]*/y;
const LITERALS = ["true", "false", "null"];

/**
 * Finds the first character that cannot stand where it stands in a text that JSON.parse has refused. V8's own message
 * names no position for the most common fault, an unexpected token. The nesting is a stack of our own, since the
 * text may have been made to be deep.
 */
export function jsonFaultAt(text: string): JsonFault {
  const offset = new Scan(text).faultAt();
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { offset, line: before.split("\n").length, column: offset - lineStart + 1 };
}

class Fault {
  readonly offset: number;
  constructor(offset: number) {
    this.offset = offset;
  }
}

class Scan {
  readonly #text: string;
  /** The brackets that are open, by the character that closes each. */
  readonly #open: ("}" | "]")[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  faultAt(): number {
    try {
      this.#document();
    } catch (fault) {
      if (fault instanceof Fault) return fault.offset;
      throw fault;
    }
    return this.#at;
  }

  #document(): void {
    do {
      this.#value();
      this.#closings();
    } while (this.#open.length > 0);
    this.#space();
  }

  /** One value, or the opening of one down to its first scalar. */
  #value(): void {
    for (;;) {
      this.#space();
      const next = this.#text[this.#at];
      if (next !== "{" && next !== "[") break;
      this.#at++;
      this.#open.push(next === "{" ? "}" : "]");
      this.#space();
      if (this.#text[this.#at] === this.#open.at(-1)) return;
      if (next === "{") this.#key();
    }
    this.#scalar(this.#text[this.#at]);
  }

  /** After a value: what closes, then a comma if the container goes on. */
  #closings(): void {
    for (let close = this.#open.at(-1); close !== undefined; close = this.#open.at(-1)) {
      this.#space();
      if (this.#text[this.#at] === close) {
        this.#at++;
        this.#open.pop();
        continue;
      }
      this.#expect(",");
      if (close === "}") this.#key();
      return;
    }
  }

  #key(): void {
    this.#space();
    this.#string();
    this.#space();
    this.#expect(":");
  }

  #scalar(first: string | undefined): void {
    const literal = LITERALS.find((word) => word[0] === first);
    if (first === '"') this.#string();
    else if (literal === undefined) this.#match(NUMBER);
    else for (const letter of literal) this.#expect(letter);
  }

  #string(): void {
    this.#expect('"');
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code) || code < 0x20) throw new Fault(this.#at);
      if (code === 0x5c) this.#match(ESCAPE);
      else this.#at++;
      if (code === 0x22) return;
    }
  }

  #space(): void {
    this.#match(WHITESPACE);
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new Fault(this.#at);
    this.#at++;
  }

  #match(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw new Fault(this.#at);
    this.#at += found[0].length;
  }
}
