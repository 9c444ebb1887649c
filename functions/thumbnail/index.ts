import type { Context, HttpEvent } from "@mayfly/contract";
import { decodeImage, encodeImage, type ImageFormat } from "./codec.ts";
import { scaleDown } from "./scale.ts";

interface ThumbnailEvent {
  /** A PNG or JPEG in base64. */
  readonly image: string;
  /** The box, in pixels, that the thumbnail fits into; its proportions are kept. */
  readonly width?: number;
  readonly height?: number;
  /** Default: the format that came in. */
  readonly format?: ImageFormat;
  /** Of a JPEG, 1 to 100. */
  readonly quality?: number;
}

/** JSON is answered with JSON; an image sent as the body is answered with an image. */
export default function thumbnail(event: ThumbnailEvent | HttpEvent, context: Context) {
  if (!("rawPath" in event)) {
    const { bytes, ...facts } = makeThumbnail(event);
    return { ...facts, bytes: bytes.length, image: bytes.toString("base64") };
  }
  const { bytes, format } = makeThumbnail(fromRequest(event, context));
  return {
    statusCode: 200,
    headers: { "content-type": `image/${format}` },
    body: bytes.toString("base64"),
    isBase64Encoded: true,
  };
}

function fromRequest(event: HttpEvent, context: Context): ThumbnailEvent {
  const query = new URLSearchParams(event.rawQueryString);
  const number = (name: string) => (query.has(name) ? { [name]: Number(query.get(name)) } : {});
  const format = query.get("format");
  return {
    image: Buffer.from(context.http?.rawBody ?? []).toString("base64"),
    ...number("width"),
    ...number("height"),
    ...number("quality"),
    ...(format === "png" || format === "jpeg" ? { format } : {}),
  };
}

function makeThumbnail({ image, width = 160, height = 160, format, quality = 80 }: ThumbnailEvent) {
  for (const [name, side] of Object.entries({ width, height })) {
    if (!Number.isInteger(side) || side < 1 || side > 4096)
      throw new RangeError(`${name} is ${side}; it takes a whole number of pixels from 1 to 4096`);
  }
  const original = decodeImage(Buffer.from(image ?? "", "base64"));
  const small = scaleDown(original.pixels, width, height);
  const outFormat = format ?? original.format;
  return {
    format: outFormat,
    width: small.width,
    height: small.height,
    from: { format: original.format, width: original.pixels.width, height: original.pixels.height },
    bytes: encodeImage(small, outFormat, quality),
  };
}
