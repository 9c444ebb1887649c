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

/** Where everything is, and what to type next. */
export function urlsText({ url, metricsUrl }: UpConfig): string {
  const rows: [string, string][] = [
    ["gateway", url],
    ["metrics", `${url}/metrics  ${metricsUrl}`],
    ["API", `${url}/openapi.json`],
    ["try", `curl ${url}/function/hello -H 'content-type: application/json' -d '{"name":"you"}'`],
    ["yours", "npx mayfly deploy DIR, then npx mayfly invoke NAME"],
  ];
  return pairs(rows);
}
