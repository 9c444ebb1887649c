import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OutcomeKind, Receipt } from "@mayfly/contract";
import type { Client } from "../client.ts";
import { refusalOf } from "../client.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { waitForEnd } from "../wait-for-end.ts";

const RECEIPT_WITHIN_MS = 15_000;

/** What the thumbnail function answers. */
export interface Thumbnail {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly from: { readonly format: string; readonly width: number; readonly height: number };
  readonly bytes: number;
  readonly image: string;
}

export interface FirstCall {
  readonly id: string;
  readonly thumbnail: Thumbnail;
  readonly receipt: Receipt;
  readonly elapsedMs: number;
}

/** Calls the sample `thumbnail` with its example, over HTTP, and looks at the picture that comes back. */
export async function callThumbnail(
  client: Client,
  functions: string,
  signal: AbortSignal,
): Promise<FirstCall> {
  const event = JSON.parse(await readFile(join(functions, "thumbnail/example.json"), "utf8")) as {
    width: number;
    height: number;
  };
  const startedAt = performance.now();
  const answer = await client.request("POST", "/function/thumbnail", { json: event, signal });
  const outcome = answer.headers.get("mayfly-outcome") as OutcomeKind | null;
  if (!answer.ok || outcome !== "ok") throw await refusalOf(answer);
  const thumbnail = (await answer.json()) as Thumbnail;
  const elapsedMs = performance.now() - startedAt;
  checkPicture(thumbnail, event);
  const id = answer.headers.get("mayfly-invocation-id") ?? "";
  const { receipt } = await waitForEnd(
    client,
    id,
    AbortSignal.any([signal, AbortSignal.timeout(RECEIPT_WITHIN_MS)]),
  );
  if (receipt === null) throw wrong(`invocation ${id} has no receipt`);
  return { id, thumbnail, receipt, elapsedMs };
}

/** https://www.w3.org/TR/png-3/#5PNG-file-signature; IHDR's width and height stand at 16 and 20. */
const PNG_SIGNATURE = "89504e470d0a1a0a";

/** @throws Failure where the picture is not a PNG of the size that is said and was asked for */
export function checkPicture(thumbnail: Thumbnail, asked: { width: number; height: number }): void {
  const picture = Buffer.from(thumbnail.image, "base64");
  if (picture.length !== thumbnail.bytes)
    throw wrong(`${picture.length} bytes came, ${thumbnail.bytes} were announced`);
  if (picture.toString("hex", 0, 8) !== PNG_SIGNATURE) throw wrong("what came is not a PNG");
  const [width, height] = [picture.readUInt32BE(16), picture.readUInt32BE(20)];
  if (width !== thumbnail.width || height !== thumbnail.height)
    throw wrong(
      `the picture is ${width} × ${height}, ${thumbnail.width} × ${thumbnail.height} was announced`,
    );
  if (width > asked.width || height > asked.height)
    throw wrong(`${width} × ${height} does not fit into ${asked.width} × ${asked.height}`);
}

function wrong(fault: string): Failure {
  return new Failure(EXIT.functionFailed, "wrongResult", `The thumbnail is not right: ${fault}.`);
}
