import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PrivateRedis, startPrivateRedis } from "../../setup/private-redis.js";
import { connectRedis } from "../src/index.ts";

let dir: string;
let server: PrivateRedis;
let redis: Redis;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mayfly-store-"));
  server = await startPrivateRedis({ dir });
  redis = connectRedis(server.url, "worker");
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
  await rm(dir, { recursive: true });
});

/** How often Redis has read from a socket. */
async function reads(): Promise<number> {
  return Number(/total_reads_processed:(\d+)/.exec(await redis.info("stats"))?.[1]);
}

test("commands of one turn of the event loop reach Redis in one write, in their order", async () => {
  const before = await reads();
  const lengths = await Promise.all([1, 2, 3, 4, 5].map((value) => redis.rpush("list", value)));
  expect(lengths).toEqual([1, 2, 3, 4, 5]);
  expect(await redis.lrange("list", 0, -1)).toEqual(["1", "2", "3", "4", "5"]);
  // One for the five, one for the list, one for the question itself.
  expect((await reads()) - before).toBe(3);
});

test("commands that were asked for before there was a connection are sent once it is there", async () => {
  const early = connectRedis(server.url, "worker");
  expect(await Promise.all([early.incr("early"), early.incr("early")])).toEqual([1, 2]);
  early.disconnect();
});

test("a connection that was lost comes back and goes on", async () => {
  const lost = connectRedis(server.url, "worker");
  await lost.ping();
  const again = new Promise((resolve) => lost.once("ready", resolve));
  await redis.client("KILL", "ID", await lost.client("ID"));
  await again;
  expect(await Promise.all([lost.ping(), lost.ping()])).toEqual(["PONG", "PONG"]);
  lost.disconnect();
});
