// @ts-check

/** What cannot work on this machine: one sentence that names the subject, the reason and the remedy. */
export class Refusal extends Error {
  /** @override */
  name = "Refusal";
}
