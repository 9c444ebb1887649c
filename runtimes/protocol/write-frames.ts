import { FRAME, HEAD_BYTES, type InvokeHeader } from "./frames.ts";

/**
 * @param rawBody the request's very bytes; null where there is none of its own (`rawBodyIsEvent`, or no HTTP)
 */
export function invokeFrame(header: InvokeHeader, eventJson: string, rawBody: Uint8Array | null): Buffer {
  const head = Buffer.from(JSON.stringify(header));
  const event = Buffer.from(eventJson);
  const raw = rawBody ?? new Uint8Array();
  return frame(FRAME.invoke, [u32(head.length), head, u32(event.length), event, raw]);
}

export function cancelFrame(): Buffer {
  return frame(FRAME.cancel, []);
}

function frame(type: number, parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(
    parts.reduce((sum, part) => sum + part.length, 0),
    0,
  );
  head[4] = type;
  return Buffer.concat([head, ...parts]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}
