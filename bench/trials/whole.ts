import type { WholeTrial } from "./trial.ts";

export const WHOLE_TRIALS: readonly WholeTrial[] = [
  {
    kind: "memory",
    id: "memory",
    title: "memory",
    what: "PSS of every process of a Mayfly that has been called and rests, and of calls at work",
  },
  {
    kind: "cold-start",
    id: "cold-start",
    title: "first calls",
    what: "calls that find nothing made ready for them",
  },
  {
    kind: "growth-functions",
    id: "growth-functions",
    title: "functions deployed",
    what: "4 calls in flight in turn over all functions, beside the same on a system with a single one",
  },
  {
    kind: "growth-in-flight",
    id: "growth-in-flight",
    title: "calls in flight",
    what: "hello, fork, on one worker",
  },
  {
    kind: "growth-queue",
    id: "growth-queue",
    title: "jobs queued",
    what: "jobs of a plain producer wait in the queue of one function; sync calls of another come in beside them",
  },
];
