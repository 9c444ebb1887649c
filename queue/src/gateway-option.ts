import { type GatewayOption, gatewayOptionSchema } from "@mayfly/contract";

/**
 * The gateway's facts travel as text: BullMQ passes a job's options through Lua, which would turn an empty list into
 * an empty object and drop every null.
 */
export function encodeGatewayOption(option: GatewayOption): string {
  return JSON.stringify(option);
}

/**
 * @returns null for a producer's own job
 * @throws Error where the option is there and is not the gateway's
 */
export function decodeGatewayOption(option: unknown): GatewayOption | null {
  if (option === undefined) return null;
  if (typeof option !== "string") throw new Error("the job option `mayfly` is Mayfly's own; leave it out");
  return gatewayOptionSchema.parse(JSON.parse(option));
}
