import { expect, test } from "vitest";
import { checkPicture, type Thumbnail } from "./first-call.ts";

const ASKED = { width: 160, height: 160 };

function thumbnail(width: number, height: number, said: Partial<Thumbnail> = {}): Thumbnail {
  const picture = Buffer.alloc(24);
  picture.write("89504e470d0a1a0a", "hex");
  picture.writeUInt32BE(width, 16);
  picture.writeUInt32BE(height, 20);
  const from = { format: "png", width: 480, height: 320 };
  return { format: "png", width, height, from, bytes: 24, image: picture.toString("base64"), ...said };
}

test("a picture of the size that was announced and asked for is right", () => {
  expect(() => checkPicture(thumbnail(160, 107), ASKED)).not.toThrow();
});

test.each([
  [
    "is not a PNG",
    thumbnail(160, 107, { image: Buffer.alloc(24).toString("base64") }),
    "what came is not a PNG",
  ],
  ["is cut short", thumbnail(160, 107, { bytes: 25 }), "24 bytes came, 25 were announced"],
  [
    "has another size",
    thumbnail(160, 107, { height: 106 }),
    "the picture is 160 × 107, 160 × 106 was announced",
  ],
  ["is too large", thumbnail(161, 107), "161 × 107 does not fit into 160 × 160"],
])("a picture that %s is not", (_, picture, fault) => {
  expect(() => checkPicture(picture, ASKED)).toThrow(`The thumbnail is not right: ${fault}.`);
});
