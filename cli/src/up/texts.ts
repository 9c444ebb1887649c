import { bytes } from "../quantities.ts";
import { receiptTable } from "../receipt-table.ts";
import { pairs } from "../table.ts";
import type { UpConfig } from "./config.ts";
import type { FirstCall } from "./first-call.ts";

/** What the first call gave, and what it cost. */
export function callText({ id, thumbnail, receipt, elapsedMs }: FirstCall): string {
  const { from, format, width, height } = thumbnail;
  return [
    `thumbnail: ${from.width} × ${from.height} ${from.format} → ${width} × ${height} ${format}, ${bytes(thumbnail.bytes)}, in ${elapsedMs.toFixed(0)} ms over HTTP`,
    "",
    `Receipt of invocation ${id}:`,
    receiptTable(receipt).replace(/^/gm, "  "),
  ].join("\n");
}

/** Where keys are in use, and none that may deploy was given. */
export const KEY_WANTED =
  "This gateway asks for a key, so that the samples were neither deployed nor called. It serves; to try it, start with a key that may deploy and invoke in MAYFLY_API_KEY. Where every key is lost, start with one of your own in MAYFLY_ADMIN_KEY.";

/**
 * Where everything is, and what to type next.
 *
 * @param privateRedis its address; null where the Redis is somebody's own, who knows it, and its password
 */
export function urlsText({ url, metricsUrl }: UpConfig, privateRedis: string | null): string {
  const rows: [string, string][] = [
    ["gateway", url],
    ["metrics", `${url}/metrics  ${metricsUrl}`],
    ["API", `${url}/openapi.json`],
    ...(privateRedis === null ? [] : [jobsRow(privateRedis)]),
    ["try", `curl ${url}/function/hello -H 'content-type: application/json' -d '{"name":"you"}'`],
    ["yours", "npx mayfly deploy DIR, then npx mayfly invoke NAME"],
  ];
  return pairs(rows);
}

/** What a BullMQ producer has to know; queue/README.md has an example. */
function jobsRow(redisUrl: string): [string, string] {
  return ["jobs", `BullMQ, prefix "mayfly", queue "{NAME}", at ${redisUrl}`];
}
