"use strict";

const { createHash } = require("node:crypto");

const HASHED_BYTES = 10 * 1024;

/** What small functions do all day: it parses a URL, hashes 10 KB and builds JSON. */
module.exports = (event) => {
  const url = new URL(`https://shop.example/orders/${event.n}?page=2&tag=new&tag=${event.n % 7}#top`);
  const digest = createHash("sha256")
    .update(Buffer.alloc(HASHED_BYTES, event.n % 251))
    .digest("hex");
  const lines = Array.from({ length: 20 }, (_, i) => ({
    sku: `item-${(event.n * 31 + i) % 1000}`,
    amount: i + 1,
    price: ((event.n + i) * 5) / 4,
  }));
  return {
    path: url.pathname.split("/").filter(Boolean),
    tags: url.searchParams.getAll("tag"),
    digest,
    total: lines.reduce((sum, { amount, price }) => sum + amount * price, 0),
    lines,
  };
};
