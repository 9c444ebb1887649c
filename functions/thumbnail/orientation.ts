import type { Pixels } from "./codec.ts";

const APP1 = 0xffe1;
const START_OF_SCAN = 0xffda;
const ORIENTATION_TAG = 0x0112;

/**
 * How a JPEG's Exif block says that the camera was held, 1 (upright) to 8; 1 where it says nothing.
 * Exif 2.32, 4.6.4; the block is a TIFF file inside of the segment APP1.
 */
export function exifOrientation(jpeg: Buffer): number {
  for (let at = 2; at + 4 <= jpeg.length; ) {
    const marker = jpeg.readUInt16BE(at);
    const length = jpeg.readUInt16BE(at + 2);
    if (marker === START_OF_SCAN || marker < 0xff00) return 1;
    const segment = jpeg.subarray(at + 4, at + 2 + length);
    if (marker === APP1 && segment.toString("latin1", 0, 6) === "Exif\0\0")
      return fromTiff(segment.subarray(6));
    at += 2 + length;
  }
  return 1;
}

function fromTiff(tiff: Buffer): number {
  if (tiff.length < 8) return 1;
  const littleEndian = tiff.toString("latin1", 0, 2) === "II";
  const u16 = (at: number) =>
    at + 2 > tiff.length ? 0 : littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at);
  const directory = littleEndian ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const entries = u16(directory);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    if (u16(at) !== ORIENTATION_TAG) continue;
    const orientation = u16(at + 8);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

/** Turns and mirrors a picture so that its first row is the top. */
export function turnUpright(source: Pixels, orientation: number): Pixels {
  if (orientation === 1) return source;
  const sideways = orientation >= 5;
  const width = sideways ? source.height : source.width;
  const height = sideways ? source.width : source.height;
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  const from = new Uint32Array(source.data.buffer, source.data.byteOffset, source.width * source.height);
  const data = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [alongX, alongY] = sideways ? [y, x] : [x, y];
      const sourceX = mirrorX ? source.width - 1 - alongX : alongX;
      const sourceY = mirrorY ? source.height - 1 - alongY : alongY;
      data[y * width + x] = from[sourceY * source.width + sourceX] ?? 0;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}
