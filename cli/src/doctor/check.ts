/** How one check ended. */
export interface Check {
  /** What was looked at, in a word or two. */
  readonly name: string;
  /** WARN: it works, with something to know about. */
  readonly verdict: "PASS" | "WARN" | "FAIL";
  /** What was found. */
  readonly found: string;
  /** The command or the setting that mends it; null where there is nothing to mend. */
  readonly remedy: string | null;
}

export const pass = (name: string, found: string): Check => ({ name, verdict: "PASS", found, remedy: null });
export const warn = (name: string, found: string, remedy: string | null): Check => ({
  name,
  verdict: "WARN",
  found,
  remedy,
});
export const fail = (name: string, found: string, remedy: string | null): Check => ({
  name,
  verdict: "FAIL",
  found,
  remedy,
});
