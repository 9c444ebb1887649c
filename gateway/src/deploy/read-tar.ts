import { createGunzip } from "node:zlib";
import { DEPLOY_MAX_UNPACKED_BYTES, formatSize, MayflyError } from "@mayfly/contract";
import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { FileSet, refusePath } from "./file-set.ts";

const BLOCK_BYTES = 512;
/** Headers and padding, beside the files: two blocks for each of as many files as are allowed, and some more. */
const MAX_TAR_BYTES = DEPLOY_MAX_UNPACKED_BYTES + 32 * 1024 ** 2;
/** Text packs to a tenth, a bomb to a thousandth (deflate's best is 1:1032). */
const MAX_RATIO = 100;
const RATIO_COUNTS_FROM_BYTES = 8 * 1024 ** 2;

/**
 * Unpacks a gzipped tar in memory. It stops at the first thing that is wrong, and a bomb as soon as it shows.
 *
 * @throws MayflyError `invalidRequest`, `payloadTooLarge`
 */
export async function readTarGz(gzipped: Buffer): Promise<FileSet> {
  const files = new FileSet();
  try {
    const tar = ReadableStream.from<Uint8Array>(unzipped(gzipped));
    for await (const entry of tar.pipeThrough(createTarDecoder({ strict: true })))
      await addEntry(files, entry);
  } catch (error) {
    if (error instanceof MayflyError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new MayflyError(
      "invalidRequest",
      `The upload is no gzipped tar: ${reason}. Make it with \`tar -czf - -C <folder> .\`, or deploy with \`mayfly deploy <folder>\`.`,
      { cause: error },
    );
  }
  return files;
}

async function* unzipped(gzipped: Buffer): AsyncGenerator<Buffer> {
  const most = Math.min(MAX_TAR_BYTES, Math.max(RATIO_COUNTS_FROM_BYTES, gzipped.byteLength * MAX_RATIO));
  const gunzip = createGunzip();
  gunzip.end(gzipped);
  let bytes = 0;
  // Leaving the loop destroys the stream, so nothing is unpacked beyond what was looked at.
  for await (const chunk of gunzip as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > most) {
      throw new MayflyError(
        "payloadTooLarge",
        `The upload of ${formatSize(gzipped.byteLength)} unpacks to more than ${formatSize(most)}: more than ${MAX_RATIO} times its size, or than is taken at all. Leave out what the function does not need.`,
      );
    }
    yield chunk;
  }
  if (bytes % BLOCK_BYTES !== 0) throw new Error("it ends within a block");
}

async function addEntry(files: FileSet, { header, body }: ParsedTarEntry): Promise<void> {
  const { name, type, linkname, mode = 0 } = header;
  switch (type) {
    case undefined:
    case "file": {
      const bytes = await new Response(body).bytes();
      if (bytes.byteLength !== header.size) throw new Error(`it ends within ${JSON.stringify(name)}`);
      return files.add(name, bytes, (mode & 0o100) !== 0);
    }
    case "directory":
      await body.cancel();
      return files.addFolder(name);
    case "symlink":
    case "link":
      return refusePath(name, `it is a link to ${JSON.stringify(linkname)}, and links are not taken`);
    case "character-device":
    case "block-device":
    case "fifo":
      return refusePath(name, `it is a ${type}`);
    case "pax-header":
    case "pax-global-header":
    case "gnu-long-name":
    case "gnu-long-link-name":
      // The decoder has applied these to the entries that they describe.
      await body.cancel();
  }
}
