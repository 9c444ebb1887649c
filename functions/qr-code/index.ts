import type { HttpEvent } from "@mayfly/contract";
import QRCode from "qrcode";

interface QrEvent {
  readonly text: string;
  /** How much of the code may be covered or torn: L 7 %, M 15 %, Q 25 %, H 30 %. */
  readonly errorCorrection?: "L" | "M" | "Q" | "H";
  /** Pixels along one side. */
  readonly width?: number;
}

/** `POST` of JSON is answered with JSON; `GET /?text=…` with the PNG itself, for an `<img>`. */
export default async function qrCode(event: QrEvent | HttpEvent) {
  if (!("rawPath" in event)) {
    const { png, ...facts } = await draw(event);
    return { ...facts, bytes: png.length, png: png.toString("base64") };
  }
  const query = new URLSearchParams(event.rawQueryString);
  const { png } = await draw({ text: query.get("text") ?? "", width: Number(query.get("width") ?? 256) });
  return {
    statusCode: 200,
    headers: { "content-type": "image/png", "cache-control": "public, max-age=86400" },
    body: png.toString("base64"),
    isBase64Encoded: true,
  };
}

async function draw({ text, errorCorrection = "M", width = 256 }: QrEvent) {
  if (typeof text !== "string" || text === "")
    throw new TypeError("text is missing: what shall the code say?");
  if (!(width >= 32 && width <= 2048)) throw new RangeError(`width is ${width}; it takes 32 to 2048 pixels`);
  const { version, modules } = QRCode.create(text, { errorCorrectionLevel: errorCorrection });
  const png = await QRCode.toBuffer(text, { errorCorrectionLevel: errorCorrection, width });
  return { version, modules: modules.size, errorCorrection, png };
}
