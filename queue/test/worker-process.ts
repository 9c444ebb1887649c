import { openStore } from "@mayfly/store";
import { startDispatcher, type TakenInvocation } from "../src/index.ts";

/**
 * A worker that a test can kill. An event is `{ "do": … }`: `hang` enters and never ends, `linger` is taken and never
 * enters, `answer` replies and then never ends.
 */
const [redisUrl = "", workerId = ""] = process.argv.slice(2);
const store = await openStore({ redisUrl, secretKey: "00".repeat(32), retentionMs: 60_000 });
const result = { outcome: { kind: "ok" as const }, resultJson: '"answered"', isHttpResponse: false };

await startDispatcher(redisUrl, store, {
  workerId,
  slots: 4,
  lockMs: 8000,
  async handle(invocation: TakenInvocation) {
    const event = JSON.parse(invocation.eventJson) as { do: string };
    if (event.do !== "linger") await invocation.enter();
    if (event.do === "answer") invocation.reply({ ...result, timing: null });
    process.stdout.write(`holds ${invocation.id}\n`);
    await new Promise(() => {});
    throw new Error("unreachable");
  },
  build: async () => ({ built: true, artifact: "a", warnings: [] }),
  observer: { taken() {}, terminal() {} },
});
process.stdout.write("ready\n");
