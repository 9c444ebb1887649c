import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import fsp from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { answering, failureOf, type Questions, sorted } from "./answers.ts";

const folder = () => fsp.mkdtemp("/tmp/files-");
const TEXT = "the quick brown fox jumps over the lazy dog. ".repeat(500);

export const questions: Questions = {
  "callbacks: write, read, stat, rename, unlink": async () => {
    const path = join(await folder(), "a");
    await promisify(fs.writeFile)(path, "content");
    const { size, mode, uid } = await promisify(fs.stat)(path);
    await promisify(fs.rename)(path, `${path}2`);
    const content = await promisify(fs.readFile)(`${path}2`, "utf8");
    await promisify(fs.unlink)(`${path}2`);
    return [size, mode, uid, content, fs.existsSync(path)];
  },
  "promises: a handle that is written, read, truncated and synced": async () => {
    await using handle = await fsp.open(join(await folder(), "a"), "w+");
    await handle.write("0123456789");
    await handle.truncate(5);
    await handle.sync();
    const { bytesRead, buffer } = await handle.read({ position: 2, buffer: Buffer.alloc(10) });
    return [bytesRead, buffer.toString("utf8", 0, bytesRead)];
  },
  "a hundred files at once, more than there are threads": async () => {
    const at = await folder();
    await Promise.all(Array.from({ length: 100 }, (_, i) => fsp.writeFile(join(at, String(i)), String(i))));
    const read = await Promise.all(
      Array.from({ length: 100 }, (_, i) => fsp.readFile(join(at, String(i)), "utf8")),
    );
    return [(await fsp.readdir(at)).length, read.reduce((sum, text) => sum + Number(text), 0)];
  },
  "folders: recursive mkdir, readdir, cp, glob and rm": async () => {
    const at = await folder();
    await fsp.mkdir(join(at, "a/b/c"), { recursive: true });
    await fsp.writeFile(join(at, "a/b/c/file"), "x");
    await fsp.cp(join(at, "a"), join(at, "copy"), { recursive: true });
    const found = (await fsp.readdir(at, { recursive: true })).sort();
    const globbed: string[] = [];
    for await (const path of fsp.glob("**/file", { cwd: at })) globbed.push(path);
    await fsp.rm(at, { recursive: true });
    return [found, sorted(globbed), fs.existsSync(at)];
  },
  "links, times and access": async () => {
    const at = await folder();
    await fsp.symlink("nowhere", join(at, "link"));
    await fsp.writeFile(join(at, "file"), "");
    await fsp.utimes(join(at, "file"), 10, 20);
    await fsp.chmod(join(at, "file"), 0o400);
    const { mtimeMs } = await fsp.stat(join(at, "file"));
    return [
      await fsp.readlink(join(at, "link")),
      mtimeMs,
      await failureOf(() => fsp.access(join(at, "file"), fs.constants.W_OK)),
      await failureOf(() => fsp.chown(join(at, "file"), 0, 0)),
    ];
  },
  "what is refused, and with which error": async () => [
    await failureOf(() => fsp.readFile("/nowhere")),
    await failureOf(() => fsp.writeFile("/function/x", "")),
    await failureOf(() => fsp.writeFile("/runtime/x", "")),
    await failureOf(() => fsp.writeFile("/etc/passwd", "")),
    await failureOf(() => fsp.mkdir("/new")),
    await failureOf(() => fsp.readFile("/proc/1/environ")),
  ],
  "streams from and to files": async () => {
    const at = await folder();
    await fsp.writeFile(join(at, "a"), TEXT);
    await pipeline(fs.createReadStream(join(at, "a")), fs.createWriteStream(join(at, "b")));
    return (await fsp.readFile(join(at, "b"), "utf8")) === TEXT;
  },
  "a watched folder tells of a new file": async () => {
    const at = await folder();
    const watcher = fs.watch(at);
    setTimeout(() => fs.writeFileSync(join(at, "new"), ""), 10);
    const [event, name] = (await once(watcher, "change")) as [string, string];
    watcher.close();
    return [event, name];
  },
  "a watched file tells of a change, by polling": async () => {
    const path = join(await folder(), "polled");
    fs.writeFileSync(path, "1");
    const changed = new Promise((resolve) => {
      fs.watchFile(path, { interval: 20 }, ({ size }) => resolve(size));
    });
    setTimeout(() => fs.writeFileSync(path, "12345"), 30);
    const size = await changed;
    fs.unwatchFile(path);
    return size;
  },
  "the size of the file system": async () => {
    const { type, bsize, blocks } = await fsp.statfs("/tmp");
    return [type, bsize, blocks];
  },
  "what stands in the root and in /tmp": () => [
    fs.readdirSync("/").sort(),
    fs.readdirSync("/function").sort(),
  ],
  "compression of every kind, there and back": async () => {
    const kinds = [
      [zlib.gzip, zlib.gunzip],
      [zlib.deflateRaw, zlib.inflateRaw],
      [zlib.brotliCompress, zlib.brotliDecompress],
      [zlib.zstdCompress, zlib.zstdDecompress],
    ] as const;
    return await Promise.all(
      kinds.map(async ([pack, unpack]) => {
        const packed = await promisify<zlib.InputType, Buffer>(pack)(TEXT);
        const text = await promisify<zlib.InputType, Buffer>(unpack)(packed);
        return [packed.length, text.toString() === TEXT];
      }),
    );
  },
  "compression in streams, and of the web's kind": async () => {
    const chunks: Buffer[] = [];
    await pipeline([Buffer.from(TEXT)], zlib.createGzip(), zlib.createGunzip(), async (source) => {
      for await (const chunk of source) chunks.push(chunk as Buffer);
    });
    const packed = new Blob([TEXT]).stream().pipeThrough(new CompressionStream("deflate"));
    const text = await new Response(packed.pipeThrough(new DecompressionStream("deflate"))).text();
    return [Buffer.concat(chunks).toString() === TEXT, text === TEXT, zlib.crc32(TEXT)];
  },
  "a database in a file": async () => {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync("/tmp/x.sqlite");
    database.exec("create table t (a integer); insert into t values (1), (2)");
    const sum = database.prepare("select sum(a) as s from t").get();
    database.close();
    return sum;
  },
  "a descriptor that is opened gets the lowest free number": () => {
    const fd = fs.openSync("/dev/null", "r");
    fs.closeSync(fd);
    const again = fs.openSync("/dev/null", "r");
    fs.closeSync(again);
    assert.equal(fd, again);
  },
};

export default answering(questions);
