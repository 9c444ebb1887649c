import type { OpenTrial } from "./trial.ts";

export const OPEN_TRIALS: readonly OpenTrial[] = [
  {
    kind: "open-loop",
    id: "rate-hello",
    title: "hello, fork",
    what: "the function of the other tables",
    of: { workload: "hello", isolation: "fork" },
  },
  {
    kind: "open-loop",
    id: "rate-real",
    title: "a real handler, fork",
    what: "it parses a URL, hashes 10 KB and builds JSON",
    of: { workload: "real", isolation: "fork" },
  },
  {
    kind: "open-loop",
    id: "rate-exec",
    title: "hello, exec",
    what: "a boot of its own for every call",
    of: { workload: "hello", isolation: "exec" },
  },
];
