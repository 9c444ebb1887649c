import type { LogLine, Logs } from "@mayfly/contract";
import { refusalOf } from "../client.ts";
import { type CommandInput, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { serverSentEvents } from "../server-sent-events.ts";
import { line } from "../terminal.ts";

const options = {
  follow: {
    type: "boolean",
    short: "f",
    help: "print lines as they are written, until the invocation has ended",
  },
} as const;

type Input = CommandInput<typeof options>;

export const logs = defineCommand({
  name: "logs",
  usage: "ID [--follow]",
  summary: "what a function wrote in one invocation",
  description:
    "ID is what `invoke` tells and every answer carries in Mayfly-Invocation-Id; of a BullMQ producer's job it is <function>~<job id>.",
  arguments: { min: 1, max: 1 },
  options,
  examples: [
    ["logs 019365c0-0000-7000-8000-000000000000", "all lines, with stream and time"],
    ["logs 019365c0-0000-7000-8000-000000000000 --follow", "of one that still runs"],
    ["logs 'hello~42' --json", "of a producer's job; JSON, as the gateway keeps it"],
  ],
  async run(input) {
    const path = `/invocations/${encodeURIComponent(input.args[0] ?? "")}/logs`;
    return input.values.follow ? follow(input, path) : print(input, path);
  },
});

async function print({ json, terminal, client }: Input, path: string): Promise<ExitCode> {
  const all = await client.json<Logs>("GET", path, { headers: { accept: "application/json" } });
  if (json) terminal.out(line(JSON.stringify(all)));
  else {
    for (const one of all.lines) terminal.out(line(text(one)));
    if (all.truncated) terminal.err(line("(the log was cut here: it reached the function's logBytes)"));
  }
  return EXIT.ok;
}

async function follow({ json, terminal, client }: Input, path: string): Promise<ExitCode> {
  const headers = { accept: "text/event-stream" };
  const answer = await client.request("GET", path, { headers, signal: terminal.stopping });
  if (!answer.ok || answer.body === null) throw await refusalOf(answer);
  for await (const { event, data } of serverSentEvents(answer.body)) {
    if (event === "end") return EXIT.ok;
    if (event === "log") terminal.out(line(json ? data : text(JSON.parse(data) as LogLine)));
  }
  terminal.err(line("The gateway ended the stream before the invocation had ended."));
  return EXIT.mayflyFailed;
}

const text = ({ time, stream, text: written }: LogLine) =>
  `${new Date(time).toISOString()} ${stream} ${printable(written)}`;
