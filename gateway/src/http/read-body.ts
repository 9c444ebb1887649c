import { formatSize, MayflyError } from "@mayfly/contract";

/**
 * Reads a request's body whole, and not one byte more than it may have: neither the declared length nor what really
 * comes may be over the limit.
 *
 * @param what the body's name in the message, such as "The event"
 * @throws MayflyError `payloadTooLarge`
 */
export async function readBody(request: Request, maxBytes: number, what: string): Promise<Buffer> {
  if (request.method === "GET" || request.method === "HEAD") return Buffer.alloc(0);
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > maxBytes) throw tooLarge(what, maxBytes);
    // No more can come: Node's parser ends the body there. So it is read without a stream in between.
    return Buffer.from(await request.arrayBuffer());
  }
  if (request.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Not cancelled when it is too long: that would destroy the socket before the answer has been written. What is
  // left unread is the server's to drain or cut.
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, length);
    length += value.byteLength;
    if (length > maxBytes) throw tooLarge(what, maxBytes);
    chunks.push(value);
  }
}

function tooLarge(what: string, maxBytes: number): MayflyError {
  return new MayflyError(
    "payloadTooLarge",
    `${what} is larger than ${formatSize(maxBytes)}, which is the most that is taken. Send less, or a reference to it.`,
    { facts: { maxBytes } },
  );
}
