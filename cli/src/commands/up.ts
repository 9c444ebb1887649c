import { defineCommand } from "../command.ts";
import { environmentHelp } from "../help.ts";
import { runUp } from "../up/run-up.ts";

export const up = defineCommand({
  name: "up",
  usage: "[--once]",
  summary: "Redis, gateway and worker, with the samples deployed; serves until Ctrl-C",
  description: `What \`npm start\` runs once the machine is ready. Ctrl-C drains: what runs is finished, nothing is left behind.\nA part that dies is started again. With MAYFLY_REDIS_URL no Redis is started.\n\nEnvironment of gateway and worker:\n${environmentHelp()}`,
  arguments: { min: 0, max: 0 },
  options: {
    once: { type: "boolean", help: "stop after the first call; 0 only if it was right" },
    tethered: { type: "boolean", help: "stop as well when stdin is closed: whoever started this has gone" },
  },
  examples: [
    ["up", "serve until Ctrl-C"],
    ["up --once", "try everything once"],
    ["up --once --json", "the same, its result as one JSON object"],
  ],
  run: ({ values, json, terminal }) => runUp({ once: values.once ?? false, json, terminal }),
});
