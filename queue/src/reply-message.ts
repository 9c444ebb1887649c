import type { Outcome, Receipt } from "@mayfly/contract";
import type { Reply } from "./types.ts";

/**
 * A reply on a gateway's channel: a line of JSON with everything but the result, then the result's own JSON text, so
 * that a large result is never printed as a string within JSON.
 */
export interface ReplyHeader {
  readonly id: string;
  readonly outcome: Outcome;
  readonly isHttpResponse: boolean;
  readonly timing: Receipt["timing"] | null;
}

export const encodeHeader = (header: ReplyHeader): string => JSON.stringify(header);

export function decodeReply(message: string): Reply {
  const end = message.indexOf("\n");
  const header = JSON.parse(message.slice(0, end)) as ReplyHeader;
  const resultJson = message.slice(end + 1);
  return { ...header, resultJson: resultJson === "" ? null : resultJson };
}
