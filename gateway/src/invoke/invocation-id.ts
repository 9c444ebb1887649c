import { randomUUID } from "node:crypto";
import { FUNCTION_NAME, MayflyError } from "@mayfly/contract";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MAX_JOB_ID_LENGTH = 255;

/** A UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, so that ids sort by time, and 74 random ones. */
export function newInvocationId(now: number): string {
  const time = now.toString(16).padStart(12, "0");
  // A random UUID (version 4) has its variant and its random bits in the same places, and Node draws those of many at once.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice("xxxxxxxx-xxxx-4".length)}`;
}

/** True for ids as they stand in URLs: ours, or `<function>~<job id>` for a producer's job. */
export function isInvocationId(text: string): boolean {
  if (UUID.test(text)) return true;
  const tilde = text.indexOf("~");
  const jobId = text.slice(tilde + 1);
  return (
    tilde > 0 &&
    FUNCTION_NAME.test(text.slice(0, tilde)) &&
    jobId.length > 0 &&
    jobId.length <= MAX_JOB_ID_LENGTH
  );
}

export function invocationNotFound(id: string): MayflyError {
  return new MayflyError(
    "invocationNotFound",
    `No invocation ${JSON.stringify(id.slice(0, MAX_JOB_ID_LENGTH))} is known here. Records are kept for a limited time (MAYFLY_RETENTION_HOURS); check the id.`,
  );
}
