import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { exifOrientation, turnUpright } from "./orientation.ts";

export type ImageFormat = "png" | "jpeg";

/** Four bytes a pixel: red, green, blue and alpha, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A small file can claim a huge picture: it is refused before memory is taken for it. */
const MAX_MEGAPIXELS = 24;

/**
 * Reads a PNG or a JPEG; a photo that was taken sideways is turned upright.
 *
 * @throws TypeError where the bytes are neither, RangeError where the picture is too large
 */
export function decodeImage(bytes: Buffer): { format: ImageFormat; pixels: Pixels } {
  if (bytes.length > 24 && bytes.readUInt32BE(0) === 0x89504e47) {
    refuseHuge(bytes.readUInt32BE(16), bytes.readUInt32BE(20));
    return { format: "png", pixels: PNG.sync.read(bytes) };
  }
  if (bytes.length > 4 && bytes.readUInt16BE(0) === 0xffd8) {
    const decoded = jpeg.decode(bytes, { useTArray: true, maxResolutionInMP: MAX_MEGAPIXELS });
    return { format: "jpeg", pixels: turnUpright(decoded, exifOrientation(bytes)) };
  }
  throw new TypeError("the image is neither a PNG nor a JPEG; send one of these, in JSON as base64");
}

function refuseHuge(width: number, height: number): void {
  if (width * height > MAX_MEGAPIXELS * 1e6)
    throw new RangeError(
      `the image has ${width}x${height} pixels; at most ${MAX_MEGAPIXELS} megapixels are taken`,
    );
}

export function encodeImage({ width, height, data }: Pixels, format: ImageFormat, quality: number): Buffer {
  if (format === "jpeg") return jpeg.encode({ width, height, data }, quality).data;
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return PNG.sync.write(png);
}
