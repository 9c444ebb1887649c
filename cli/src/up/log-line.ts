import { printable } from "../printable.ts";

/** Names of pino's levels. */
const LEVELS: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};

interface PinoLine {
  readonly level: number;
  readonly msg?: string;
  /** What a failure that was got over befell, such as `running <id>`. */
  readonly doing?: string;
  readonly err?: { readonly message?: string };
}

/** A program's log line for people; what is not one of pino's JSON lines is shown as it is. */
export function readableLogLine(text: string): string {
  const parsed = parse(text);
  if (parsed === null) return printable(text);
  const { level, msg = "", doing, err } = parsed;
  const when = doing === undefined ? "" : ` while ${doing}`;
  const cause = err?.message === undefined || msg.includes(err.message) ? "" : `: ${err.message}`;
  return printable(`${LEVELS[level] ?? level} ${msg}${when}${cause}`);
}

function parse(text: string): PinoLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "level" in value ? (value as PinoLine) : null;
  } catch {
    return null;
  }
}
